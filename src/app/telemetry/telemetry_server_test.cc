#include "app/telemetry/telemetry_server.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "net/http_client.h"

namespace clew::app::telemetry {
namespace {

class TelemetryServerTest : public testing::Test {
 protected:
  void SetUp() override {
    auto server = TelemetryServer::Start(
        "localhost:0", loops_, metrics_,
        {.check_ready = [this]() -> Status {
           return is_ready_ ? Status() : Unavailable("the log is replayed");
         },
         .reload = [this]() -> Status {
           ++reload_count_;
           while (is_stuck_) is_stuck_.wait(true);
           return is_valid_ ? Status() : InvalidArgument("line 3: no such key");
         },
         .flush = []() -> Status { return {}; }});
    ASSERT_TRUE(server.has_value()) << server.error().message;
    server_ = std::move(*server);
    client_ = std::move(*net::HttpClient::Create({}));
  }

  net::HttpClientResponse Get(const std::string& path) {
    auto response = client_->Get(fmt::format("http://localhost:{}{}", server_->port(), path));
    EXPECT_TRUE(response.has_value());
    return response.value_or(net::HttpClientResponse{});
  }
  net::HttpClientResponse Post(const std::string& path,
                               const std::map<std::string, std::string>& headers = {}) {
    auto response =
        client_->Post(fmt::format("http://localhost:{}{}", server_->port(), path), "", headers);
    EXPECT_TRUE(response.has_value());
    return response.value_or(net::HttpClientResponse{});
  }

  net::Loops loops_;
  base::Metrics metrics_;
  std::atomic<bool> is_ready_{false};
  std::atomic<bool> is_valid_{true};
  std::atomic<bool> is_stuck_{false};
  std::atomic<int> reload_count_{0};
  std::unique_ptr<TelemetryServer> server_;
  std::unique_ptr<net::HttpClient> client_;
};

TEST_F(TelemetryServerTest, MetricsAreExposed) {
  metrics_.Counter("clew_test_things_total", "Things").Increment(3);

  const net::HttpClientResponse response = Get("/metrics");

  EXPECT_EQ(response.status, 200);
  EXPECT_NE(response.body.find("clew_test_things_total 3"), std::string::npos) << response.body;
}

TEST_F(TelemetryServerTest, HealthTellsTheTruth) {
  EXPECT_EQ(Get("/healthz").status, 503);
  EXPECT_EQ(Get("/readyz").body, "the log is replayed\n");

  is_ready_ = true;

  EXPECT_EQ(Get("/healthz").status, 200);
  EXPECT_EQ(Get("/readyz").status, 200);
}

TEST_F(TelemetryServerTest, AnswersWhileAnOrderDoesNotEnd) {
  is_ready_ = true;
  is_stuck_ = true;
  std::jthread reload([this] {
    const auto client = std::move(*net::HttpClient::Create({}));
    const auto done =
        client->Post(fmt::format("http://localhost:{}/-/reload", server_->port()), "", {});
    EXPECT_TRUE(done.has_value() && done->status == 200);
  });
  while (reload_count_ == 0) std::this_thread::yield();

  EXPECT_EQ(Post("/-/reload").status, 503);
  EXPECT_EQ(Post("/-/flush").status, 503);
  EXPECT_EQ(Get("/readyz").status, 200);
  EXPECT_EQ(Get("/metrics").status, 200);

  is_stuck_ = false;
  is_stuck_.notify_all();
}

TEST_F(TelemetryServerTest, ReloadAppliesOrSaysWhyNot) {
  EXPECT_EQ(Post("/-/reload").status, 200);
  is_valid_ = false;

  const net::HttpClientResponse refused = Post("/-/reload");

  EXPECT_EQ(refused.status, 400);
  EXPECT_EQ(refused.body, "line 3: no such key\n");
  EXPECT_EQ(reload_count_, 2);
}

TEST_F(TelemetryServerTest, FlushIsDone) {
  EXPECT_EQ(Post("/-/flush").status, 200);
  EXPECT_EQ(Get("/-/flush").status, 405);
}

TEST_F(TelemetryServerTest, WebPagesGiveNoOrders) {
  const std::map<std::string, std::string> page = {{"Origin", "https://evil.example"}};
  EXPECT_EQ(Post("/-/reload", page).status, 403);
  EXPECT_EQ(Post("/-/flush", page).status, 403);
  EXPECT_EQ(Post("/-/reload", {{"Host", "evil.example"}}).status, 403);
  EXPECT_EQ(reload_count_, 0);
}

TEST_F(TelemetryServerTest, OtherPathsAndMethodsAreErrors) {
  EXPECT_EQ(Get("/").status, 404);
  EXPECT_EQ(Get("/-/reload").status, 405);
  EXPECT_EQ(Post("/metrics").status, 405);
  EXPECT_EQ(reload_count_, 0);
}

}  // namespace
}  // namespace clew::app::telemetry
