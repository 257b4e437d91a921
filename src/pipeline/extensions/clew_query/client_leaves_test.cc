#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <latch>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "net/grpc_client.h"
#include "net/test_socket.h"
#include "pipeline/extensions/clew_query/query_extension.h"
#include "pipeline/testing/fake_host.h"
#include "query/query_provider.h"

/// The whole way from a socket that is closed to a query that ends.
namespace clew::pipeline::extensions::clew_query {
namespace {

using net::testing::TestSocket;
using ::testing::HasSubstr;
using ::testing::StartsWith;

/// Its first run ends when nobody waits for it any more, and the others at once.
class EndlessQuery final : public query::QueryService {
 public:
  Status Run(const query::Plan&, const query::QueryContext& context, query::Sink&) override {
    if (is_first_.exchange(false)) {
      begun_.count_down();
      std::mutex mutex;
      std::unique_lock lock(mutex);
      std::condition_variable_any nothing;
      nothing.wait(lock, context.stop, [] { return false; });
      const Status status = context.Check();
      if (!status.has_value()) end_ = status.error().code;
      return status;
    }
    return {};
  }
  void WaitForBegin() { begun_.wait(); }
  /// How the first one ended, once another one was answered.
  Code end() const { return end_; }

 private:
  std::atomic<bool> is_first_ = true;
  std::latch begun_{1};
  std::atomic<Code> end_ = Code::kUnknown;
};

class Storage final : public Extension, public query::QueryProvider {
 public:
  explicit Storage(query::QueryService& service) : service_(service) {}
  Status Start(Host&) override { return {}; }
  void Stop(Deadline) override {}
  std::shared_ptr<query::QueryService> query() override {
    return {std::shared_ptr<void>(), &service_};
  }
  bool is_ready() const override { return true; }

 private:
  query::QueryService& service_;
};

std::string RequestOf(const char* target) {
  return std::string("GET ") + target + " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
}

class ClientLeaves : public ::testing::Test {
 protected:
  ClientLeaves() {
    host_.time = &base::SystemTime();
    host_.extensions["clew_storage"] = &storage_;
    config_.jaeger.http.endpoint = "127.0.0.1:0";
    config_.tempo.http.endpoint = "127.0.0.1:0";
    config_.max_concurrent_queries = 1;
    config_.timeout = std::chrono::hours(1);
    extension_.emplace("clew_query", config_);
    EXPECT_TRUE(extension_->Start(host_).has_value());
    extension_->NotifyReady();
  }

  /// Its answer comes when the place of the only query is free again.
  void ExpectThatTheNextIsAnswered() {
    TestSocket next(extension_->jaeger_port());
    ASSERT_TRUE(next.Send(RequestOf("/api/services")));
    EXPECT_THAT(next.ReadAll(), StartsWith("HTTP/1.1 200"));
    EXPECT_EQ(service_.end(), Code::kCancelled);
    extension_->Stop(std::chrono::steady_clock::now() + std::chrono::seconds(20));
    EXPECT_EQ(host_.metrics().Sum("clew_query_requests_total"), 2);
  }

  EndlessQuery service_;
  Storage storage_{service_};
  testing::FakeHost host_;
  ClewQueryConfig config_;
  std::optional<QueryExtension> extension_;
};

TEST_F(ClientLeaves, ItsQueryEndsAndLeavesItsPlaceToOthers) {
  {
    TestSocket leaving(extension_->jaeger_port());
    ASSERT_TRUE(leaving.Send(RequestOf("/api/traces?service=x")));
    service_.WaitForBegin();
  }

  ExpectThatTheNextIsAnswered();
  EXPECT_THAT(
      host_.metrics().Expose(),
      HasSubstr(R"(clew_query_requests_total{api="jaeger",code="503",route="/api/traces"})"));
}

TEST_F(ClientLeaves, ASearchThatIsStreamedEndsWhenItsCallIsCancelled) {
  net::GrpcClientOptions options;
  options.endpoint = "127.0.0.1:" + std::to_string(extension_->tempo_port());
  auto client = net::GrpcClient::Create(options);
  ASSERT_TRUE(client.has_value()) << client.error().message;
  std::thread call([&client] {
    const auto answer = (*client)->Call("/tempopb.StreamingQuerier/Search", {},
                                        std::chrono::steady_clock::now() + std::chrono::minutes(5));
    EXPECT_EQ(answer.error().code, Code::kCancelled);
  });
  // What sends waits for it, and takes no place from it.
  service_.WaitForBegin();
  (*client)->Cancel();
  call.join();

  ExpectThatTheNextIsAnswered();
  EXPECT_THAT(host_.metrics().Expose(),
              HasSubstr("clew_query_requests_total{api=\"tempo\",code=\"503\",route=\"/tempopb."
                        "StreamingQuerier/Search\"}"));
}

}  // namespace
}  // namespace clew::pipeline::extensions::clew_query
