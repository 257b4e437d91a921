#include "app/send/sender.h"

#include <gtest/gtest.h>

#include <functional>
#include <vector>

namespace clew::app::send {
namespace {

constexpr const char* kLine =
    R"({"resourceSpans":[{"scopeSpans":[{"spans":[{"traceId":"0af7651916cd43dd8448eb211c80319c",)"
    R"("spanId":"b7ad6b7169203331","name":"n"}]}]}]})";

/// Answers as the test says, by number of the attempt.
class ScriptedClient final : public OtlpClient {
 public:
  using Script = std::function<Result<wire::otlp::PartialSuccess>(int attempt)>;
  explicit ScriptedClient(Script script) : script_(std::move(script)) {}

  Result<wire::otlp::PartialSuccess> Send(const Bytes&, Deadline) override {
    return script_(attempts_++);
  }
  const std::string& endpoint() const override { return endpoint_; }
  int attempts() const { return attempts_; }

 private:
  const Script script_;
  const std::string endpoint_ = "test:4317";
  std::atomic<int> attempts_{0};
};

Sender::Source Lines(int count) {
  return [left = std::make_shared<int>(count)]() -> Result<std::optional<RawRequest>> {
    if ((*left)-- <= 0) {
      return std::nullopt;
    }
    return RawRequest{kLine, "test"};
  };
}

std::unexpected<Error> Later() {
  return std::unexpected(Error{Code::kUnavailable, "later", Nanos(1)});
}

TEST(Sender, EverythingIsSentOnce) {
  ScriptedClient client([](int) { return wire::otlp::PartialSuccess{}; });
  SendCounts counts;
  Sender sender(client, {}, counts, [](const std::string& text) { FAIL() << text; });

  const Status status = sender.Run(Lines(50));

  ASSERT_TRUE(status.has_value()) << status.error().message;
  EXPECT_EQ(client.attempts(), 50);
  EXPECT_EQ(counts.requests, 50u);
  EXPECT_EQ(counts.spans_accepted, 50u);
  EXPECT_EQ(counts.spans_rejected, 0u);
}

TEST(Sender, NotesAreToldAndNothingIsLostForThem) {
  ScriptedClient client([](int) { return wire::otlp::PartialSuccess{}; });
  SendCounts counts;
  std::vector<std::string> told;
  Sender sender(client, {}, counts, [&](const std::string& text) { told.push_back(text); });
  std::optional<RawRequest> download =
      RawRequest{R"({"spans":[{"traceID":"a1","spanID":"1"}]})", "a.json"};

  const Status status = sender.Run(
      [&]() -> Result<std::optional<RawRequest>> { return std::exchange(download, std::nullopt); });

  ASSERT_TRUE(status.has_value());
  ASSERT_EQ(told.size(), 1u);
  EXPECT_TRUE(told[0].starts_with("a.json: warning: 1 span names a process")) << told[0];
  EXPECT_EQ(counts.spans_accepted, 1u);
  EXPECT_EQ(counts.requests_failed, 0u);
}

TEST(Sender, WhatIsToBeTriedAgainIsTriedAgain) {
  ScriptedClient client([](int attempt) -> Result<wire::otlp::PartialSuccess> {
    if (attempt < 5) {
      return Later();
    }
    return wire::otlp::PartialSuccess{};
  });
  SendCounts counts;
  Sender sender(client, {.in_flight_max = 1}, counts, [](const std::string&) {});

  const Status status = sender.Run(Lines(2));

  ASSERT_TRUE(status.has_value());
  EXPECT_EQ(counts.spans_accepted, 2u);
  EXPECT_EQ(counts.retries, 5u);
}

TEST(Sender, ThatNobodyAnswersIsSaidOnce) {
  ScriptedClient client([](int attempt) -> Result<wire::otlp::PartialSuccess> {
    if (attempt == 0) {
      return Later();
    }
    if (attempt < 3) {
      return Unavailable("nobody is there");
    }
    return wire::otlp::PartialSuccess{};
  });
  SendCounts counts;
  std::vector<std::string> said;
  Sender sender(
      client, {.in_flight_max = 1, .back_off_first = Nanos(1)}, counts,
      [](const std::string& text) { FAIL() << text; },
      [&said](const std::string& text) { said.push_back(text); });

  ASSERT_TRUE(sender.Run(Lines(2)).has_value());

  EXPECT_EQ(said, std::vector<std::string>{"nobody is there"});
}

TEST(Sender, AWarningIsNoFailure) {
  ScriptedClient client(
      [](int) { return wire::otlp::PartialSuccess{.rejected_items = 0, .error_message = "slow"}; });
  SendCounts counts;
  std::vector<std::string> said;
  Sender sender(client, {}, counts, [&said](const std::string& text) { said.push_back(text); });

  ASSERT_TRUE(sender.Run(Lines(1)).has_value());

  EXPECT_EQ(counts.spans_accepted, 1u);
  EXPECT_EQ(counts.spans_rejected, 0u);
  EXPECT_EQ(said, std::vector<std::string>{"test: was taken with a warning: slow"});
}

TEST(Sender, RejectedSpansAreCountedAndSaid) {
  ScriptedClient client(
      [](int) { return wire::otlp::PartialSuccess{.rejected_items = 1, .error_message = "no"}; });
  SendCounts counts;
  std::vector<std::string> said;
  Sender sender(client, {}, counts, [&said](const std::string& text) { said.push_back(text); });

  const Status status = sender.Run(Lines(1));

  ASSERT_TRUE(status.has_value());
  EXPECT_EQ(counts.spans_accepted, 0u);
  EXPECT_EQ(counts.spans_rejected, 1u);
  EXPECT_EQ(said.size(), 1u);
}

TEST(Sender, ARefusedRequestDoesNotStopTheRest) {
  ScriptedClient client([](int attempt) -> Result<wire::otlp::PartialSuccess> {
    if (attempt == 0) {
      return InvalidArgument("bad");
    }
    return wire::otlp::PartialSuccess{};
  });
  SendCounts counts;
  Sender sender(client, {}, counts, [](const std::string&) {});

  const Status status = sender.Run(Lines(10));

  EXPECT_TRUE(status.has_value());
  EXPECT_EQ(counts.requests_failed, 1u);
  EXPECT_EQ(counts.spans_accepted, 9u);
}

TEST(Sender, ThatTheServerAsksWhoSendsIsKept) {
  for (const Code code : {Code::kInvalidArgument, Code::kUnauthenticated}) {
    ScriptedClient client([code](int) -> Result<wire::otlp::PartialSuccess> {
      return std::unexpected(Error{code, "no"});
    });
    SendCounts counts;
    Sender sender(client, {}, counts, [](const std::string&) {});

    EXPECT_TRUE(sender.Run(Lines(1)).has_value());
    EXPECT_EQ(counts.is_unauthenticated, code == Code::kUnauthenticated);
  }
}

TEST(Sender, ItGivesUpWhenNothingIsTaken) {
  ScriptedClient client([](int) -> Result<wire::otlp::PartialSuccess> { return Later(); });
  SendCounts counts;
  Sender sender(client, {.retry_for = Nanos(0)}, counts, [](const std::string&) {});

  const Status status = sender.Run(Lines(1'000));

  ASSERT_FALSE(status.has_value());
  EXPECT_EQ(status.error().code, Code::kUnavailable);
  EXPECT_LE(client.attempts(), 10);
}

TEST(Sender, ItGivesUpWhenItShallWaitForEver) {
  ScriptedClient client([](int) -> Result<wire::otlp::PartialSuccess> {
    return std::unexpected(Error{Code::kUnavailable, "later", Nanos::max()});
  });
  SendCounts counts;
  Sender sender(client, {.retry_for = std::chrono::hours(10)}, counts, [](const std::string&) {});

  EXPECT_EQ(sender.Run(Lines(1)).error().code, Code::kUnavailable);
  EXPECT_EQ(client.attempts(), 1);
}

TEST(Sender, CancelEndsTheWaiting) {
  ScriptedClient client([](int) -> Result<wire::otlp::PartialSuccess> {
    return std::unexpected(Error{Code::kUnavailable, "later", std::chrono::hours(1)});
  });
  SendCounts counts;
  Sender sender(client, {.retry_for = std::chrono::hours(10)}, counts, [](const std::string&) {});
  std::thread canceller([&] {
    while (counts.retries == 0) {
      std::this_thread::yield();
    }
    sender.Cancel();
  });

  const Status status = sender.Run(Lines(10));
  canceller.join();

  ASSERT_FALSE(status.has_value());
  EXPECT_EQ(status.error().code, Code::kCancelled);
}

}  // namespace
}  // namespace clew::app::send
