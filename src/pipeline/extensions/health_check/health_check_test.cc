#include "pipeline/extensions/health_check/health_check.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "net/http_client.h"
#include "pipeline/extensions/health_check/factory.h"
#include "pipeline/testing/fake_host.h"

namespace clew::pipeline::extensions::health_check {
namespace {

using std::chrono::seconds;
using ::testing::HasSubstr;

class HealthTest : public ::testing::Test {
 protected:
  net::HttpResponse Get(const std::string& path, const Status& extensions = {}) {
    net::HttpRequest request;
    request.method = method;
    request.path = path;
    return health.Answer(request, extensions);
  }
  base::ManualClock clock{pipeline::testing::FakeHost::kStart};
  Config config;
  Health health{config, clock};
  std::string method = "GET";
};

TEST_F(HealthTest, IsNotReadyBeforeThePipelinesRun) {
  EXPECT_EQ(Get("/").status, 503);
  EXPECT_THAT(Get("/").body, HasSubstr(R"("status":"Server not available")"));
  EXPECT_EQ(Get("/ready").status, 503);
  EXPECT_EQ(Get("/healthz").status, 200);
}

TEST_F(HealthTest, SaysSinceWhenItIsAvailable) {
  health.SetReady();
  clock.Advance(seconds(90));

  EXPECT_EQ(Get("/").status, 200);
  EXPECT_EQ(Get("/").content_type, "application/json");
  EXPECT_EQ(Get("/").body,
            R"({"status":"Server available","upSince":"2026-01-01T00:00:00.000000000Z",)"
            R"("uptime":"1m30s"})");
  EXPECT_EQ(Get("/ready").status, 200);
}

TEST_F(HealthTest, TellsTheTruthWhileAnExtensionIsNotReady) {
  health.SetReady();
  const Status replaying = base::Unavailable("the log is being replayed");

  EXPECT_EQ(Get("/", replaying).status, 503);
  EXPECT_EQ(Get("/ready", replaying).body, "not ready: the log is being replayed\n");
  EXPECT_EQ(Get("/healthz", replaying).status, 200);
}

TEST_F(HealthTest, IsNotReadyOnceItStops) {
  health.SetReady();
  health.SetNotReady();
  EXPECT_EQ(Get("/ready").status, 503);
}

TEST_F(HealthTest, FixedBodiesReplaceTheJson) {
  config.response_body.healthy = "fine";
  config.response_body.unhealthy = "ill";
  EXPECT_EQ(Get("/").body, "ill");
  health.SetReady();
  EXPECT_EQ(Get("/").body, "fine");
}

TEST_F(HealthTest, OtherPathsAndMethodsAreErrors) {
  config.path = "/health";
  EXPECT_EQ(Get("/").status, 404);
  EXPECT_EQ(Get("/health").status, 503);
  method = "POST";
  EXPECT_EQ(Get("/health").status, 405);
}

/// A host whose storage replays.
TEST(HealthCheck, AnswersOverHttp) {
  pipeline::testing::FakeHost host;
  host.time = &base::SystemTime();
  Config config;
  config.endpoint = "127.0.0.1:0";
  HealthCheck extension({"health_check", host}, config);
  ASSERT_TRUE(extension.Start(host).has_value());
  const auto client = net::HttpClient::Create({});
  const std::string url = "http://127.0.0.1:" + std::to_string(extension.port());

  EXPECT_EQ((*client)->Get(url + "/")->status, 503);
  extension.NotifyReady();
  EXPECT_EQ((*client)->Get(url + "/")->status, 200);
  host.readiness = base::Unavailable("the log is being replayed");
  EXPECT_EQ((*client)->Get(url + "/ready")->status, 503);
  host.readiness = {};
  extension.NotifyNotReady();
  EXPECT_EQ((*client)->Get(url + "/")->status, 503);

  extension.Stop(std::chrono::steady_clock::now() + seconds(10));
  extension.Stop(std::chrono::steady_clock::now());
}

TEST(HealthCheck, AnswersWhenMemoryIsShort) {
  pipeline::testing::FakeHost host;
  host.time = &base::SystemTime();
  Config config;
  config.endpoint = "127.0.0.1:0";
  config.response_body.healthy = std::string(10'000, 'h');
  HealthCheck extension({"health_check", host}, config);
  ASSERT_TRUE(extension.Start(host).has_value());
  extension.NotifyReady();
  base::MemoryHold requests(host.memory().account(base::MemoryUse::kRequests));
  base::MemoryHold answers(host.memory().account(base::MemoryUse::kAnswers));
  ASSERT_TRUE(requests.TryGrow(host.memory().account(base::MemoryUse::kRequests).limit()));
  ASSERT_TRUE(answers.TryGrow(host.memory().account(base::MemoryUse::kAnswers).limit()));

  const auto client = net::HttpClient::Create({});
  EXPECT_EQ((*client)->Get("http://127.0.0.1:" + std::to_string(extension.port()) + "/")->status,
            200);
  extension.Stop(std::chrono::steady_clock::now() + seconds(10));
}

TEST(HealthCheck, FactoryMakesOne) {
  EXPECT_EQ(HealthCheckFactory().type, "health_check");
  EXPECT_EQ(HealthCheckFactory().kind, ComponentKind::kExtension);
}

}  // namespace
}  // namespace clew::pipeline::extensions::health_check
