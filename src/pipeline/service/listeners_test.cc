#include "pipeline/service/listeners.h"

#include <gtest/gtest.h>

namespace clew::pipeline {
namespace {

/// Two addresses, as a component has them.
struct TwoListeners final : Section {
  struct One final : Section {
    std::string endpoint;
    std::string transport = "tcp";
    void Describe(Binder& binder) override {
      binder.Field("endpoint", &endpoint, "Where.");
      binder.Choice("transport", &transport, {"tcp", "tcp4", "tcp6", "unix"}, "How.");
    }
  };
  One a;
  One b;
  void Describe(Binder& binder) override {
    binder.Nested("a", &a, "One.");
    binder.Nested("b", &b, "Another.");
  }
};

ProblemList Check(const std::string& a, const std::string& b,
                  const std::string& transport_b = "tcp", const std::string& transport_a = "tcp") {
  auto section = std::make_unique<TwoListeners>();
  section->a.endpoint = a;
  section->a.transport = transport_a;
  section->b.endpoint = b;
  section->b.transport = transport_b;
  Config config;
  config.components.push_back({});
  config.components.back().kind = ComponentKind::kExtension;
  config.components.back().id = "two";
  config.components.back().section = std::move(section);
  config.extensions = {"two"};
  ProblemList problems;
  CheckListeners(config, problems);
  return problems;
}

TEST(CheckListeners, OfOnePortOnlyOneListens) {
  const ProblemList problems = Check("localhost:4317", "0.0.0.0:4317");

  ASSERT_EQ(problems.size(), 1u);
  EXPECT_EQ(problems[0].message,
            "extension two b cannot listen on \"0.0.0.0:4317\", since extension two a listens on "
            "\"localhost:4317\": give one of them another endpoint");
}

TEST(CheckListeners, AddressesMeetWhereOneSocketServesBoth) {
  for (const auto& [a, b] : {std::pair("localhost:1", "localhost:1"),
                             {"h:1", "H:1"},
                             {":1", "127.0.0.1:1"},
                             {"[::]:1", "10.0.0.1:1"},
                             {"h:1", "[::]:1"},
                             {"0.0.0.0:1", "[::1]:1"},
                             {"localhost:1", "127.0.0.1:1"},
                             {"localhost:1", "[::1]:1"},
                             {"[::1]:1", "[0:0::1]:1"}}) {
    EXPECT_EQ(Check(a, b).size(), 1u) << a << " " << b;
    EXPECT_EQ(Check(b, a).size(), 1u) << b << " " << a;
  }
  for (const auto& [a, b] : {std::pair("localhost:1", "localhost:2"),
                             {"localhost:0", "localhost:0"},
                             {"127.0.0.1:1", "127.0.0.2:1"},
                             {"127.0.0.1:1", "[::1]:1"},
                             {"g:1", "h:1"}}) {
    EXPECT_EQ(Check(a, b).size(), 0u) << a << " " << b;
  }
}

TEST(CheckListeners, ATransportKeepsAddressesApart) {
  EXPECT_EQ(Check("0.0.0.0:1", "[::1]:1", "tcp", "tcp4").size(), 0u);
  EXPECT_EQ(Check("localhost:1", "localhost:1", "tcp4", "tcp6").size(), 0u);
  EXPECT_EQ(Check("localhost:1", "localhost:1", "tcp", "tcp6").size(), 1u);
  EXPECT_EQ(Check("/run/a", "unix:/run/a", "unix", "unix").size(), 1u);
  EXPECT_EQ(Check("/run/a", "/run/b", "unix", "unix").size(), 0u);
}

TEST(CheckListeners, TheMetricsAreOfThemAndNeedAnAddress) {
  EXPECT_EQ(Check("localhost:8888", "localhost:2").size(), 1u);
  Config config;
  config.telemetry.prometheus_host = "a b";
  ProblemList problems;
  CheckListeners(config, problems);
  ASSERT_EQ(problems.size(), 1u);
  EXPECT_TRUE(
      problems[0].message.starts_with("service::telemetry::metrics: invalid endpoint \"a b:8888\""))
      << problems[0].message;
}

}  // namespace
}  // namespace clew::pipeline
