#include <gmock/gmock.h>

#include <latch>
#include <thread>

#include "api/test_fixture.h"
#include "net/grpc_client.h"
#include "net/test_socket.h"
#include "pipeline/extensions/clew_query/factory.h"
#include "pipeline/extensions/clew_query/query_extension.h"
#include "pipeline/testing/fake_host.h"
#include "query/testing/fake_query_service.h"

namespace clew::pipeline::extensions::clew_query {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;

class FakeStorage final : public Extension, public query::QueryProvider {
 public:
  Status Start(Host&) override { return {}; }
  void Stop(Deadline) override {}
  std::shared_ptr<query::QueryService> query() override {
    return {std::shared_ptr<void>(), &service};
  }
  bool is_ready() const override { return ready; }

  query::FakeQueryService service;
  bool ready = true;
};

class FoundProblems final : public Problems {
 public:
  void Add(std::string_view path, std::string) override { paths.emplace_back(path); }
  std::vector<std::string> paths;
};

/// What a client reads; `target` without spaces.
std::string Get(std::uint16_t port, const std::string& target) {
  net::testing::TestSocket socket(port);
  socket.Send("GET " + target + " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  return socket.ReadAll();
}

/// What a unary client of a method of Tempo's gRPC gets, which takes one message.
Result<std::string> CallGrpc(std::uint16_t port, const std::string& method) {
  net::GrpcClientOptions options;
  options.endpoint = "127.0.0.1:" + std::to_string(port);
  auto client = net::GrpcClient::Create(options);
  if (!client) return std::unexpected(client.error());
  return (*client)->Call("/tempopb.StreamingQuerier/" + method, {},
                         std::chrono::steady_clock::now() + std::chrono::minutes(1));
}

class ClewQueryTest : public ::testing::Test {
 protected:
  ClewQueryTest() {
    host_.time = &base::SystemTime();
    config_.jaeger.http.endpoint = "127.0.0.1:0";
    config_.tempo.http.endpoint = "127.0.0.1:0";
    storage_.service.traces = {api::testing::SampleTrace()};
  }
  ~ClewQueryTest() override {
    if (extension_) {
      extension_->Stop(std::chrono::steady_clock::now() + std::chrono::seconds(5));
    }
  }

  void Start() {
    extension_ = std::make_unique<QueryExtension>("clew_query", config_);
    const Status status = extension_->Start(host_);
    ASSERT_TRUE(status.has_value()) << status.error().message;
  }
  std::string Jaeger(const std::string& target) { return Get(extension_->jaeger_port(), target); }
  std::string Tempo(const std::string& target) { return Get(extension_->tempo_port(), target); }

  testing::FakeHost host_;
  FakeStorage storage_;
  ClewQueryConfig config_;
  std::unique_ptr<QueryExtension> extension_;
};

TEST_F(ClewQueryTest, ServesBothApisFromTheStorageExtension) {
  host_.extensions["clew_storage"] = &storage_;
  Start();
  extension_->NotifyReady();

  EXPECT_THAT(Jaeger("/api/services"), HasSubstr(R"("data":["db","web"])"));
  EXPECT_THAT(Jaeger("/api/traces/abc123"), HasSubstr("GET /cart"));
  EXPECT_THAT(Jaeger("/"), HasSubstr("The web UI is not part of this version"));
  EXPECT_THAT(Tempo("/api/traces/abc123"), HasSubstr(R"({"batches":[)"));
  EXPECT_THAT(Tempo("/ready"), StartsWith("HTTP/1.1 200"));
  EXPECT_THAT(host_.fatal_errors(), IsEmpty());
}

TEST_F(ClewQueryTest, CountsWhatItAnswers) {
  host_.extensions["clew_storage"] = &storage_;
  Start();
  Jaeger("/api/traces/abc123");
  Jaeger("/api/traces/fff");
  Tempo("/api/echo");

  EXPECT_EQ(host_.metrics().Sum("clew_query_requests_total"), 3);
  EXPECT_EQ(host_.metrics().Sum("clew_query_traces_total"), 1);
  EXPECT_EQ(host_.metrics().Sum("clew_query_spans_total"), 4);
  const std::string text = host_.metrics().Expose();
  EXPECT_THAT(text, HasSubstr("clew_query_requests_total{api=\"jaeger\",code=\"404\",route=\"/api/"
                              "traces/{traceID}\"} 1"));
  EXPECT_THAT(text, HasSubstr("clew_query_duration_seconds_count"));
}

TEST_F(ClewQueryTest, SpeaksTemposGrpcOnItsPortAndOnOneOfItsOwn) {
  storage_.service.tags = {{model::Owner::kSpan, "some.key", 1}};
  host_.extensions["clew_storage"] = &storage_;
  config_.tempo.has_grpc = true;
  config_.tempo.grpc.endpoint = "127.0.0.1:0";
  Start();

  EXPECT_NE(extension_->tempo_grpc_port(), extension_->tempo_port());
  for (const std::uint16_t port : {extension_->tempo_port(), extension_->tempo_grpc_port()}) {
    const auto answer = CallGrpc(port, "SearchTags");
    ASSERT_TRUE(answer.has_value()) << answer.error().message;
    EXPECT_THAT(*answer, HasSubstr("some.key"));
    // A stream, too, is made on threads of its own.
    EXPECT_TRUE(CallGrpc(port, "Search").has_value());
  }
  EXPECT_EQ(CallGrpc(extension_->tempo_port(), "SearchTagValuesV2").error().code,
            Code::kInvalidArgument);
  EXPECT_THAT(host_.metrics().Expose(),
              HasSubstr("clew_query_requests_total{api=\"tempo\",code=\"400\",route=\"/tempopb."
                        "StreamingQuerier/SearchTagValuesV2\"} 1"));
  EXPECT_EQ(host_.metrics().Sum("clew_query_requests_total"), 5);
}

TEST_F(ClewQueryTest, HasNoOtherPortUnlessAskedFor) {
  Start();
  EXPECT_EQ(extension_->tempo_grpc_port(), 0);
}

TEST_F(ClewQueryTest, WhatNeedsNoQueryWaitsForNone) {
  std::latch is_under_way(1);
  std::latch may_go_on(1);
  storage_.service.on_call = [&] {
    is_under_way.count_down();
    may_go_on.wait();
  };
  config_.max_concurrent_queries = 1;
  host_.extensions["clew_storage"] = &storage_;
  Start();
  std::thread query([this] { EXPECT_THAT(Jaeger("/api/services"), StartsWith("HTTP/1.1 200")); });
  is_under_way.wait();

  EXPECT_THAT(Tempo("/ready"), StartsWith("HTTP/1.1 200"));
  EXPECT_THAT(Tempo("/api/echo"), HasSubstr("echo"));
  EXPECT_THAT(Tempo("/status"), StartsWith("HTTP/1.1 200"));
  EXPECT_THAT(Jaeger("/"), HasSubstr("The web UI is not part of this version"));
  EXPECT_THAT(Jaeger("/nowhere"), StartsWith("HTTP/1.1 200"));

  may_go_on.count_down();
  query.join();
}

TEST_F(ClewQueryTest, SaysThatItIsNotReadyDuringReplay) {
  storage_.ready = false;
  host_.extensions["clew_storage"] = &storage_;
  Start();

  EXPECT_THAT(Tempo("/ready"), StartsWith("HTTP/1.1 503"));
  const std::string refused = Jaeger("/api/traces/abc123");
  EXPECT_THAT(refused, StartsWith("HTTP/1.1 503"));
  EXPECT_THAT(refused, HasSubstr("the log is being replayed"));

  storage_.ready = true;
  EXPECT_THAT(Tempo("/ready"), StartsWith("HTTP/1.1 200"));
}

TEST_F(ClewQueryTest, FindsAStorageThatStartsLater) {
  Start();
  EXPECT_THAT(Tempo("/ready"), StartsWith("HTTP/1.1 503"));

  host_.extensions["clew_storage"] = &storage_;
  extension_->NotifyReady();

  EXPECT_THAT(Tempo("/ready"), StartsWith("HTTP/1.1 200"));
}

TEST_F(ClewQueryTest, EndsTheProcessWithoutAStorage) {
  Start();
  extension_->NotifyReady();

  ASSERT_EQ(host_.fatal_errors().size(), 1u);
  EXPECT_EQ(host_.fatal_errors()[0].code, Code::kFailedPrecondition);
}

TEST_F(ClewQueryTest, LeavesNothingRunningWhenAPortIsTaken) {
  host_.extensions["clew_storage"] = &storage_;
  Start();
  config_.tempo.http.endpoint = "127.0.0.1:" + std::to_string(extension_->tempo_port());

  QueryExtension second("clew_query/2", config_);
  const Status status = second.Start(host_);

  ASSERT_FALSE(status.has_value());
  EXPECT_THAT(status.error().message, HasSubstr("clew_query/2"));
  EXPECT_EQ(second.jaeger_port(), 0);
}

TEST_F(ClewQueryTest, StopsTwiceAndWithoutStart) {
  const Deadline deadline = std::chrono::steady_clock::now() + std::chrono::seconds(5);
  QueryExtension never_started("clew_query", config_);
  never_started.Stop(deadline);
  Start();
  extension_->Stop(deadline);
  extension_->Stop(deadline);
}

TEST_F(ClewQueryTest, LeavesAnApiOut) {
  config_.has_jaeger = false;
  Start();
  EXPECT_EQ(extension_->jaeger_port(), 0);
  EXPECT_NE(extension_->tempo_port(), 0);
}

TEST(ClewQueryConfig, DefaultsAreValidAndEveryProblemIsNamed) {
  FoundProblems none;
  ClewQueryConfig().Validate(none);
  EXPECT_THAT(none.paths, IsEmpty());

  ClewQueryConfig bad;
  bad.storage = "";
  bad.timeout = Nanos(0);
  bad.max_limit = 0;
  bad.max_concurrent_queries = 5000;
  bad.max_queued_queries = 0;
  bad.tenancy.header = "a b";
  bad.jaeger.base_path = "jaeger/";
  bad.jaeger.max_clock_skew_adjust = Nanos(-1);
  bad.tempo.http.endpoint = "nowhere";
  bad.tempo.http_api_prefix = "/a/../b";
  bad.tempo.has_grpc = true;
  bad.tempo.grpc.endpoint = "nowhere";
  FoundProblems found;
  bad.Validate(found);
  EXPECT_THAT(found.paths, ElementsAre("storage", "timeout", "max_limit", "max_concurrent_queries",
                                       "max_queued_queries", "tenancy::header", "jaeger::base_path",
                                       "jaeger::max_clock_skew_adjust", "tempo::endpoint",
                                       "tempo::http_api_prefix", "tempo::grpc::endpoint"));
}

TEST(ClewQueryConfig, TakesPathPrefixes) {
  const std::vector<std::pair<std::string, bool>> cases = {
      {"", true},      {"/", true},     {"/jaeger", true},   {"/a/b-c.d_e", true},
      {"x", false},    {"/a/", false},  {"//", false},       {"/a//b", false},
      {"/./a", false}, {"/a b", false}, {"/<script>", false}};
  for (const auto& [prefix, is_valid] : cases) {
    ClewQueryConfig config;
    config.jaeger.base_path = prefix;
    FoundProblems found;
    config.Validate(found);
    EXPECT_EQ(found.paths.empty(), is_valid) << prefix;
  }
}

TEST(ClewQueryExtensionFactory, MakesTheExtension) {
  testing::FakeHost host;
  const Factory factory = ClewQueryExtensionFactory();
  const auto config = factory.make_config();
  EXPECT_TRUE(factory.create_extension({"clew_query", host}, *config).has_value());
}

}  // namespace
}  // namespace clew::pipeline::extensions::clew_query
