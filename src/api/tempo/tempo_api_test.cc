#include "api/tempo/tempo_api.h"

#include <gmock/gmock.h>

#include <random>

#include "api/test_fixture.h"
#include "query/testing/fake_query_service.h"

namespace clew::api::tempo {
namespace {

using api::testing::ExpectGolden;
using api::testing::MakeRequest;
using ::testing::HasSubstr;
using ::testing::StartsWith;

class TempoApiTest : public ::testing::Test {
 protected:
  TempoApiTest() {
    query_.traces = {api::testing::SampleTrace(), api::testing::PlainTrace()};
    options_.version = "1.2.3";
  }

  net::HttpResponse Get(std::string_view target, const std::string& accept = "",
                        std::string_view method = "GET") {
    net::HttpRequest request = MakeRequest(target, method);
    if (!accept.empty()) {
      request.headers.Add("Accept", accept);
    }
    return Send(request);
  }
  net::HttpResponse Send(const net::HttpRequest& request) {
    answer_ = TempoApi(query_, options_, [this] { return ready_; }).Handle(request);
    return answer_.response;
  }

  query::FakeQueryService query_;
  TempoOptions options_;
  Status ready_;
  Answer answer_;
};

TEST_F(TempoApiTest, AnswersAsTheGoldenFilesSay) {
  struct Case {
    const char* file;
    const char* target;
    const char* accept = "";
  };
  const std::vector<Case> cases = {
      {"trace_v1_json", "/api/traces/abc123"},
      {"trace_v1_protobuf", "/api/traces/0102030405060708090a0b0c0d0e0f10", "application/protobuf"},
      {"trace_v2_json", "/api/v2/traces/abc123", "application/json"},
      {"trace_v2_protobuf", "/api/v2/traces/0102030405060708090A0B0C0D0E0F10",
       "application/json;q=0.1, application/protobuf"},
      {"trace_v2_absent_json", "/api/v2/traces/fff"},
      {"trace_v2_absent_protobuf", "/api/v2/traces/fff", "application/protobuf"},
      {"echo", "/api/echo"},
      {"buildinfo", "/api/status/buildinfo"},
      {"ready", "/ready"},
      {"status", "/status"},
      {"version", "/status/version"},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.target);
    ExpectGolden(std::string("tempo/") + c.file + ".txt", Get(c.target, c.accept));
  }
}

TEST_F(TempoApiTest, StatusPagesSayWhatThereIs) {
  EXPECT_EQ(Get("/status/services").body, "services:\nquery    Running\nstorage  Running\n");
  EXPECT_THAT(Get("/status/endpoints").body, StartsWith("endpoints:\nGET /api/traces/{id}\n"));
  ready_ = std::unexpected(Error{Code::kUnavailable, "the log is being replayed"});
  EXPECT_EQ(Get("/status/services").body,
            "services:\nquery    Running\nstorage  Starting: the log is being replayed\n");
}

TEST_F(TempoApiTest, AbsentTraceIsAnEmpty404InV1) {
  const net::HttpResponse response = Get("/api/traces/fff");
  EXPECT_EQ(response.status, 404);
  EXPECT_EQ(response.body, "");
}

TEST_F(TempoApiTest, V2SaysThatAFilterHasLeftSpansOut) {
  const std::string trace = "/api/v2/traces/abc123?q=";
  const net::HttpResponse part = Get(trace + "%7Bname%3D%22render%22%7D");
  EXPECT_THAT(part.body, HasSubstr("render"));
  EXPECT_FALSE(part.body.contains("GET /cart")) << part.body;
  EXPECT_THAT(part.body, HasSubstr(R"("status":"PARTIAL","message":"Trace filtered, only a subset )"
                                   R"(of spans matching the filter is returned")"));
  EXPECT_EQ(answer_.span_count, 1u);
  EXPECT_FALSE(Get(trace + "%7B%7D").body.contains("PARTIAL"));
  query_.left_out = {"a block"};
  EXPECT_THAT(
      Get(trace + "%7Bname%3D%22x%22%7D").body,
      HasSubstr(R"({"trace":{},"metrics":{},"status":"PARTIAL","message":"the answer is partial: )"
                R"(a block; Trace filtered, only a subset of spans )"));
}

TEST_F(TempoApiTest, SplitsSpanIdsThatClientAndServerShare) {
  auto& spans = query_.traces[0].spans;
  spans[0].kind = model::SpanKind::kClient;
  spans[1].kind = model::SpanKind::kServer;
  spans[1].span_id = spans[0].span_id;
  // The server's new id is 1, in base64.
  EXPECT_THAT(Get("/api/traces/abc123").body, HasSubstr(R"("spanId":"AAAAAAAAAAE=")"));
  EXPECT_EQ(answer_.span_count, 4u);
  EXPECT_EQ(answer_.trace_count, 1u);
}

TEST_F(TempoApiTest, RefusesBadParametersInTextThatSaysWhy) {
  struct Case {
    const char* target;
    const char* message;
    const char* accept = "";
  };
  const std::vector<Case> cases = {
      {"/api/traces/12g4",
       "trace IDs can only contain hex characters: invalid character 'g' at position 3"},
      {"/api/traces/000000000000000000000000000000001", "trace IDs can't be larger than 128 bits"},
      {"/api/v2/traces/%2F", "trace IDs can only contain hex characters"},
      {"/api/traces/1?start=x", "invalid start: "},
      {"/api/v2/traces/1?end=1.5", "invalid end: "},
      {"/api/v2/traces/1?start=5&end=5", "http parameter start must be before end"},
      {"/api/traces/1?mode=recent", "invalid value for mode recent, use all, "},
      {"/api/traces/1?blockStart=1", "invalid blockStart: "},
      {"/api/traces/1?blockEnd=00000000-0000-0000-0000-00000000000g", "invalid blockEnd: "},
      {"/api/v2/traces/1?q=%7B", "invalid TraceQL query: parse error at line 1, col "},
      {"/api/v2/traces/1?q=%7B%7D+%7C+rate()",
       "invalid TraceQL query: a query of metrics keeps no"},
      {"/api/v2/traces/1?q=%7B%7D&match_depth=-2", "invalid match_depth: "},
      {"/api/v2/traces/1?q=%7B%7D&ancestor_depth=x", "invalid ancestor_depth: "},
      {"/api/v2/traces/1?q=%7B%7D&keep_hierarchy=1", "invalid keep_hierarchy: "},
      {"/api/v2/traces/1", "application/vnd.grafana.llm is not served",
       "application/vnd.grafana.llm"},
  };
  for (const Case& c : cases) {
    const net::HttpResponse response = Get(c.target, c.accept);
    EXPECT_EQ(response.status, 400) << c.target;
    EXPECT_EQ(response.content_type, "text/plain; charset=utf-8") << c.target;
    EXPECT_THAT(response.body, StartsWith(c.message)) << c.target;
  }
}

TEST_F(TempoApiTest, OfWhatWasSentOnlyTheBeginningIsQuoted) {
  const std::string text(60'000, 'x');
  for (const std::string& target :
       {"/api/traces/" + text, "/api/v2/traces/" + text, "/api/traces/1?start=" + text,
        "/api/traces/1?mode=" + text, "/api/traces/1?blockStart=" + text, "/api/" + text,
        "/" + text}) {
    const net::HttpResponse response = Get(target);
    EXPECT_GE(response.status, 400) << target.substr(0, 40);
    EXPECT_LT(response.body.size(), 600u) << target.substr(0, 40);
  }
}

TEST_F(TempoApiTest, TakesEveryModeAndBlockRange) {
  for (const char* query :
       {"mode=all", "mode=ingesters", "mode=blocks", "mode=external", "start=1&end=2", "start=5",
        "blockStart=00000000-0000-0000-0000-000000000000&"
        "blockEnd=ffffffff-ffff-ffff-ffff-ffffffffffff"}) {
    EXPECT_EQ(Get(std::string("/api/traces/abc123?") + query).status, 200) << query;
  }
}

TEST_F(TempoApiTest, TellsWhatTheQueryServiceSays) {
  query_.error = Error{Code::kUnavailable, "the log is being replayed", std::chrono::seconds(2)};
  const net::HttpResponse response = Get("/api/v2/traces/1");
  EXPECT_EQ(response.status, 503);
  EXPECT_EQ(response.body, "the log is being replayed");
  EXPECT_EQ(response.headers.Get("Retry-After"), "2");

  query_.error = Error{Code::kDeadlineExceeded, "too slow"};
  EXPECT_EQ(Get("/api/traces/1").status, 504);

  query_.error = Error{Code::kResourceExhausted, "too large"};
  EXPECT_EQ(Get("/api/traces/1").status, 422);
  EXPECT_EQ(Get("/api/v2/traces/1").status, 422);
}

TEST_F(TempoApiTest, SaysThatAnAnswerIsPartial) {
  query_.left_out = {"block 7 is left out"};
  const char* target = "/api/v2/traces/0102030405060708090a0b0c0d0e0f10";
  ExpectGolden("tempo/partial_trace_v2_json.txt", Get(target));
  ExpectGolden("tempo/partial_trace_v2_protobuf.txt", Get(target, "application/protobuf"));
  ExpectGolden("tempo/partial_absent_v1.txt", Get("/api/traces/fff"));
  ExpectGolden("tempo/partial_absent_v2_json.txt", Get("/api/v2/traces/fff"));
}

TEST_F(TempoApiTest, IsNotReadyUntilTheStoreIs) {
  ready_ = base::Unavailable("the log is being replayed");
  EXPECT_EQ(Get("/ready").status, 503);
  EXPECT_EQ(Get("/ready").body, "the log is being replayed\n");
  EXPECT_THAT(Get("/status").body, HasSubstr("Starting: the log is being replayed"));
}

TEST_F(TempoApiTest, PutsThePrefixBeforeApiPathsOnly) {
  options_.api_prefix = "/tempo";
  EXPECT_EQ(Get("/tempo/api/echo").body, "echo");
  EXPECT_EQ(Get("/api/echo").status, 404);
  EXPECT_EQ(Get("/ready").status, 200);
  EXPECT_EQ(Get("/tempo/ready").status, 404);
}

TEST_F(TempoApiTest, SaysWhatIsServedWhereNothingIs) {
  const net::HttpResponse response = Get("/api/metrics/summary?q=%7B%7D");
  EXPECT_EQ(response.status, 404);
  EXPECT_THAT(response.body, HasSubstr("served here are /api/traces/{id}"));
  EXPECT_EQ(Get("/").status, 404);
  EXPECT_EQ(Get("/v1/traces", "", "POST").status, 404);
  EXPECT_EQ(Get("/api/echo", "", "POST").status, 405);
}

TEST_F(TempoApiTest, AsksForATenantWhereThereAreTraces) {
  options_.tenancy.is_enabled = true;
  const net::HttpResponse refused = Get("/api/traces/abc123");
  EXPECT_EQ(refused.status, 401);
  EXPECT_EQ(refused.body, "no org id");
  EXPECT_EQ(Get("/api/echo").status, 200);
  EXPECT_EQ(Get("/api/status/buildinfo").status, 200);

  net::HttpRequest request = MakeRequest("/api/traces/abc123");
  request.headers.Add("X-Scope-OrgID", "team-a");
  EXPECT_EQ(Send(request).status, 200);
  EXPECT_EQ(query_.last_tenants.at(0).name(), "team-a");
}

TEST_F(TempoApiTest, AsksForTheSpansOfAllTenantsThatAreNamed) {
  options_.tenancy.is_enabled = true;
  for (const char* target : {"/api/traces/abc123", "/api/v2/traces/abc123", "/api/search",
                             "/api/v2/search/tags", "/api/search/tag/a/values"}) {
    net::HttpRequest request = MakeRequest(target);
    request.headers.Add("X-Scope-OrgID", "b|a:x=y|b");
    EXPECT_EQ(Send(request).status, 200) << target;
    ASSERT_EQ(query_.last_tenants.size(), 2u) << target;
    EXPECT_EQ(query_.last_tenants[0].name(), "a");
    EXPECT_EQ(query_.last_tenants[1].name(), "b");
  }
  net::HttpRequest request = MakeRequest("/api/search");
  request.headers.Add("X-Scope-OrgID", "a|b/c");
  EXPECT_EQ(Send(request).status, 400);
}

TEST_F(TempoApiTest, NoPathOrQueryBreaksIt) {
  static const std::vector<std::string> kPieces = {"/api",        "/v2",
                                                   "/traces",     "/echo",
                                                   "/abc123",     "/status",
                                                   "/buildinfo",  "/ready",
                                                   "?",           "&",
                                                   "mode=",       "start=",
                                                   "end=",        "5",
                                                   "%",           "%2",
                                                   "\xFF",        "q=",
                                                   "blockStart=", "all",
                                                   "/",           "99999999999999999999"};
  std::mt19937 random(11);
  for (int i = 0; i < 20'000; ++i) {
    std::string target;
    for (auto count = random() % 10; count > 0; --count) {
      target += kPieces[random() % kPieces.size()];
    }
    if (!target.empty() && i % 3 == 0) {
      target[random() % target.size()] = static_cast<char>(random());
    }
    const int status = Get(target, i % 2 == 0 ? "application/protobuf" : "").status;
    EXPECT_TRUE(status == 200 || (status >= 400 && status <= 405)) << target;
  }
}

}  // namespace
}  // namespace clew::api::tempo
