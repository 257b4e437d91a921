#include <gmock/gmock.h>

#include <random>

#include "api/jaeger/jaeger_api.h"
#include "api/test_fixture.h"
#include "query/testing/fake_query_service.h"

namespace clew::api::jaeger {
namespace {

using api::testing::ExpectGolden;
using api::testing::MakeRequest;

class JaegerErrorsTest : public ::testing::Test {
 protected:
  net::HttpResponse Get(std::string_view target, std::string_view method = "GET") {
    return JaegerApi(query_, clock_, {.limit_max = 500})
        .Handle(MakeRequest(target, method))
        .response;
  }

  base::ManualClock clock_{1'700'000'000'000'000'000};
  query::FakeQueryService query_;
};

struct ErrorCase {
  const char* target;
  int status;
  const char* message;
};

TEST_F(JaegerErrorsTest, WhatIsNoPathIsToldWherePathsBegin) {
  const net::HttpResponse response = Get("*", "OPTIONS");

  EXPECT_EQ(response.status, 404);
  EXPECT_EQ(response.body, "404 page not found: everything here lies below /\n");
}

TEST_F(JaegerErrorsTest, ClassicErrorsAreAnEnvelopeServedAsText) {
  const std::vector<ErrorCase> cases = {
      {"/api/traces", 400, "parameter 'service' is required"},
      {"/api/operations", 400, "parameter 'service' is required"},
      {"/api/traces?service=a&start=x", 400,
       "unable to parse param 'start': \"x\" is not an integer"},
      {"/api/traces?service=a&end=99999999999999999999", 400, "unable to parse param 'end': "},
      {"/api/traces?service=a&limit=x", 400, "unable to parse param 'limit': "},
      {"/api/traces?service=a&limit=0", 400, "unable to parse param 'limit': "},
      {"/api/traces?service=a&limit=2147483648", 400, "unable to parse param 'limit': "},
      {"/api/traces?service=a&limit=501", 400,
       "unable to parse param 'limit': 501 traces are more than one answer may hold"},
      {"/api/traces?service=a&minDuration=5", 400, "unable to parse param 'minDuration': "},
      {"/api/traces?service=a&maxDuration=-5s", 400, "unable to parse param 'maxDuration': "},
      {"/api/traces?service=a&minDuration=2s&maxDuration=1s", 400,
       "'maxDuration' should be greater than 'minDuration'"},
      {"/api/traces?service=a&tag=k", 400,
       "malformed 'tag' parameter, expecting key:value, received: k"},
      {"/api/traces?service=a&tags=%7B", 400,
       "malformed 'tags' parameter, cannot unmarshal JSON: "},
      {"/api/traces?service=a&tags=%7B%22a%22:1%7D", 400,
       "malformed 'tags' parameter, cannot unmarshal JSON: "},
      {"/api/traces?service=a&raw=maybe", 400, "unable to parse param 'raw': "},
      {"/api/traces?traceID=AQIDBAUGBwgJCgsMDQ4PEA", 400, "unable to parse param 'traceID': "},
      {"/api/traces/xyz!", 400, "unable to parse param 'traceID': "},
      {"/api/traces/1?start=x", 400, "unable to parse param 'start': "},
      {"/api/traces/1?raw=x", 400, "unable to parse param 'raw': "},
      {"/api/traces/1", 404, "trace not found"},
      {"/api/dependencies?endTs=x", 400, "unable to parse param 'endTs': "},
      {"/api/dependencies?lookback=-1", 400, "unable to parse param 'lookback': "},
  };
  for (const ErrorCase& c : cases) {
    const net::HttpResponse response = Get(c.target);
    EXPECT_EQ(response.status, c.status) << c.target;
    EXPECT_EQ(response.content_type, "text/plain; charset=utf-8") << c.target;
    std::string message = c.message;
    for (std::size_t at = 0; (at = message.find('"', at)) != std::string::npos; at += 2) {
      message.insert(at, 1, '\\');
    }
    EXPECT_THAT(response.body, ::testing::StartsWith(fmt::format(
                                   R"({{"data":null,"total":0,"limit":0,"offset":0,"errors":[)"
                                   R"({{"code":{},"msg":"{})",
                                   c.status, message)))
        << c.target;
  }
}

TEST_F(JaegerErrorsTest, V3ErrorsNameCodeAndMessage) {
  const std::string times =
      "query.startTimeMin=2020-01-01T00:00:00Z&query.startTimeMax=2024-01-01T00:00:00Z";
  const std::string filter =
      "%7B%22op%22:%22exists%22,%22args%22:[%7B%22attr%22:%7B%22key%22:%22k%22%7D%7D]%7D";
  const std::vector<std::pair<std::string, ErrorCase>> cases = {
      {"/api/v3/traces", {"", 400, "query.startTimeMin and query.startTimeMax are required"}},
      {"/api/v3/trace-summaries?query.startTimeMin=2020-01-01T00:00:00Z",
       {"", 400, "query.startTimeMin and query.startTimeMax are required"}},
      {"/api/v3/traces?query.startTimeMin=x&query.startTimeMax=y",
       {"", 400, "malformed parameter query.startTimeMin: "}},
      {"/api/v3/traces?query.startTimeMin=2024-01-01T00:00:00Z&query.startTimeMax="
       "2024-01-01T00:00:00Z",
       {"", 400, "query.startTimeMin must be before query.startTimeMax"}},
      {"/api/v3/traces?query.searchDepth=x&" + times,
       {"", 400, "malformed parameter query.searchDepth: "}},
      {"/api/v3/traces?query.num_traces=1000&" + times,
       {"", 400, "malformed parameter query.searchDepth: "}},
      {"/api/v3/traces?query.durationMin=x&" + times,
       {"", 400, "malformed parameter query.durationMin: "}},
      {"/api/v3/traces?query.attributes=x&" + times,
       {"", 400, "malformed parameter query.attributes: "}},
      {"/api/v3/traces?query.rawTraces=x&" + times,
       {"", 400, "malformed parameter query.rawTraces: "}},
      {"/api/v3/traces?query.filter=%7B%7D&" + times,
       {"", 400, "malformed parameter query.filter: unknown filter operator"}},
      {"/api/v3/trace-summaries?query.filter=" + filter + "&query.service_name=a&" + times,
       {"", 400, "query.filter and query.serviceName exclude each other"}},
      {"/api/v3/traces?query.filter=" + filter, {"", 400, "query.startTimeMin and "}},
      {"/api/v3/traces?" + times, {"", 404, "No traces found"}},
      {"/api/v3/traces/1", {"", 404, "No traces found"}},
      {"/api/v3/traces/x!", {"", 400, "malformed parameter trace_id: "}},
      {"/api/v3/traces/1?startTime=x", {"", 400, "malformed parameter startTime: "}},
      {"/api/v3/traces/1?raw_traces=x", {"", 400, "malformed parameter rawTraces: "}},
  };
  for (const auto& [target, expected] : cases) {
    const net::HttpResponse response = Get(target);
    EXPECT_EQ(response.status, expected.status) << target;
    EXPECT_THAT(response.body,
                ::testing::StartsWith(fmt::format(R"({{"error":{{"httpCode":{},"message":"{})",
                                                  expected.status, expected.message)))
        << target;
  }
}

TEST_F(JaegerErrorsTest, OfWhatWasSentOnlyTheBeginningIsQuoted) {
  const std::string text(60'000, 'x');
  const std::string tags = "?service=s&tags=%7B%22" + text + "%22:1%7D";
  const std::string times =
      "query.startTimeMin=2024-01-01T00:00:00Z&query.startTimeMax=2024-01-02T00:00:00Z";
  for (const std::string& target :
       {"/api/traces/" + text, "/api/traces?traceID=" + text, "/api/traces?service=s&limit=" + text,
        "/api/traces?service=s&start=" + text, "/api/traces?service=s&minDuration=" + text,
        "/api/traces?service=s&tag=" + text, "/api/traces" + tags, "/api/" + text,
        "/api/traces?service=s&raw=" + text, "/api/v3/traces/" + text,
        "/api/v3/traces?query.startTimeMin=" + text + "&query.startTimeMax=1",
        "/api/v3/traces?" + times + "&query.durationMin=" + text,
        "/api/v3/traces?" + times + "&query.searchDepth=" + text,
        "/api/v3/traces?" + times + "&query.filter=" + text,
        "/api/v3/traces?" + times + "&query.filter=%7B%22op%22:%22" + text + "%22%7D",
        "/api/v3/traces?" + times + "&query.filter=%7B%22" + text + "%22:1%7D"}) {
    const net::HttpResponse response = Get(target);
    EXPECT_GE(response.status, 400) << target.substr(0, 80);
    EXPECT_LT(response.body.size(), 600u) << target.substr(0, 80);
  }
}

TEST_F(JaegerErrorsTest, TellsWhatTheQueryServiceSays) {
  const std::vector<std::pair<Code, int>> cases = {
      {Code::kInternal, 500},          {Code::kUnavailable, 503}, {Code::kDeadlineExceeded, 504},
      {Code::kResourceExhausted, 429}, {Code::kDataLoss, 500},
  };
  for (const auto& [code, status] : cases) {
    query_.error = Error{code, "the reason", std::chrono::seconds(3)};
    for (const char* target :
         {"/api/services", "/api/services/a/operations", "/api/operations?service=a",
          "/api/traces?service=a", "/api/traces?traceID=1", "/api/traces/1", "/api/dependencies",
          "/api/v3/services", "/api/v3/operations?service=a", "/api/v3/traces/1",
          "/api/v3/trace-summaries?query.startTimeMin=2020-01-01T00:00:00Z&query.startTimeMax="
          "2024-01-01T00:00:00Z"}) {
      const net::HttpResponse response = Get(target);
      EXPECT_EQ(response.status, status) << target;
      EXPECT_THAT(response.body, ::testing::HasSubstr("the reason")) << target;
      EXPECT_EQ(response.headers.Get("Retry-After"), "3") << target;
    }
  }
}

TEST_F(JaegerErrorsTest, MatchTheGoldenFiles) {
  ExpectGolden("jaeger/error_classic.txt", Get("/api/traces"));
  ExpectGolden("jaeger/error_v3.txt", Get("/api/v3/traces/1"));
  ExpectGolden("jaeger/error_archive.txt", Get("/api/archive/1", "POST"));
  ExpectGolden("jaeger/error_transform.txt", Get("/api/transform", "POST"));
  ExpectGolden("jaeger/error_no_such_path.txt", Get("/api/nothing"));
  ExpectGolden("jaeger/error_method.txt", Get("/api/traces", "DELETE"));
  ExpectGolden("jaeger/error_otlp_here.txt", Get("/v1/traces", "POST"));
}

/// Pieces that get past the first checks, put together at random.
std::string RandomTarget(std::mt19937& random) {
  static const std::vector<std::string> kPieces = {"/api",
                                                   "/v3",
                                                   "/traces",
                                                   "/services",
                                                   "/operations",
                                                   "/dependencies",
                                                   "/abc",
                                                   "/%2F%ff",
                                                   "/trace-summaries",
                                                   "/",
                                                   "?",
                                                   "&",
                                                   "service=",
                                                   "tags=",
                                                   "traceID=",
                                                   "query.startTimeMin=",
                                                   "query.startTimeMax=",
                                                   "limit=",
                                                   "minDuration=",
                                                   "tag=",
                                                   "raw=",
                                                   "prettyPrint=1",
                                                   "{\"a\":\"b\"}",
                                                   "2020-01-01T00:00:00Z",
                                                   "9223372036854775807",
                                                   "-1",
                                                   "1h",
                                                   "%",
                                                   "%7",
                                                   "+",
                                                   "=",
                                                   "\x80\xFF",
                                                   "query.attributes=",
                                                   "endTs=",
                                                   "lookback=",
                                                   "a:b"};
  std::string target;
  for (auto count = random() % 12; count > 0; --count) {
    target += kPieces[random() % kPieces.size()];
  }
  for (auto count = random() % 3; count > 0 && !target.empty(); --count) {
    target[random() % target.size()] = static_cast<char>(random());
  }
  return target;
}

TEST_F(JaegerErrorsTest, NoPathOrQueryBreaksIt) {
  query_.traces = {api::testing::SampleTrace(), api::testing::PlainTrace()};
  std::mt19937 random(7);
  for (int i = 0; i < 20'000; ++i) {
    const std::string target = RandomTarget(random);
    const int status = Get(target, i % 7 == 0 ? "POST" : "GET").status;
    EXPECT_TRUE(status == 200 || (status >= 400 && status <= 405) || status == 500) << target;
  }
}

}  // namespace
}  // namespace clew::api::jaeger
