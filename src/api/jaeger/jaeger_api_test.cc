#include "api/jaeger/jaeger_api.h"

#include <fmt/core.h>
#include <gmock/gmock.h>

#include <limits>

#include "api/json_document.h"
#include "api/test_fixture.h"
#include "expr/print.h"
#include "model/testing/trace_builder.h"
#include "query/testing/fake_query_service.h"

namespace clew::api::jaeger {
namespace {

using api::testing::ExpectGolden;
using api::testing::MakeRequest;
using ::testing::ElementsAre;
using ::testing::FieldsAre;
using ::testing::HasSubstr;

constexpr UnixNanos kNow = 1'700'000'100'000'000'000;

class JaegerApiTest : public ::testing::Test {
 protected:
  JaegerApiTest() {
    query_.traces = {api::testing::SampleTrace(), api::testing::PlainTrace()};
    query_.links = {{"web", "db", 3}, {"web", "web", 1}, {"web", "db", 4}, {"db", "disk", 2}};
  }

  net::HttpResponse Get(std::string_view target) { return Send(MakeRequest(target)); }
  net::HttpResponse Send(const net::HttpRequest& request) {
    answer_ = JaegerApi(query_, clock_, options_).Handle(request);
    return answer_.response;
  }

  base::ManualClock clock_{kNow};
  query::FakeQueryService query_;
  JaegerOptions options_;
  Answer answer_;
};

struct GoldenCase {
  const char* file;
  const char* target;
};

TEST_F(JaegerApiTest, ExplainsInsteadOfAnswering) {
  const net::HttpResponse plan = Get("/api/v3/traces/abc123?explain=plan");
  EXPECT_EQ(plan.status, 200);
  EXPECT_EQ(plan.content_type, "text/plain; charset=utf-8");
  EXPECT_EQ(plan.body,
            "join fragments to whole traces\n"
            "  traces by id: 00000000000000000000000000abc123\n");
  EXPECT_EQ(query_.call_count, 0u) << "it is not run";

  const net::HttpResponse run = Get("/api/v3/traces/fff?explain=run");
  EXPECT_EQ(run.status, 200) << "that there is none is no error here";
  EXPECT_THAT(run.body, HasSubstr("\n= 0 rows in 0.000 ms\n  traces by id: "));
  EXPECT_EQ(query_.call_count, 1u);
  EXPECT_THAT(Get("/api/dependencies?explain=plan").body, HasSubstr("count calls from service"));

  EXPECT_EQ(Get("/api/v3/services?explain=soon").status, 400);
  EXPECT_EQ(Get("/api/v3/traces/xyz?explain=plan").status, 400) << "nothing could be asked";
  EXPECT_EQ(Get("/api/services?explain=plan").status, 200);
  EXPECT_THAT(answer_.response.content_type, "application/json") << "it is not known there";
  query_.error = Error{Code::kUnavailable, "not now"};
  EXPECT_EQ(Get("/api/v3/services?explain=run").status, 503);
}

TEST_F(JaegerApiTest, AnswersAsTheGoldenFilesSay) {
  const std::vector<GoldenCase> cases = {
      {"services", "/api/services"},
      {"service_operations", "/api/services/web/operations"},
      {"service_operations_unknown", "/api/services/no%20such/operations"},
      {"operations", "/api/operations?service=web"},
      {"operations_of_kind", "/api/operations?service=web&spanKind=internal"},
      {"search", "/api/traces?service=db"},
      {"search_nothing", "/api/traces?service=nothing"},
      {"search_by_ids",
       "/api/traces?traceID=abc123&traceID=fff&traceID=0102030405060708090a0b0c0d0e0f10"},
      {"trace", "/api/traces/0000000000000000000000000abc123"},
      {"trace_raw", "/api/traces/abc123?raw=true"},
      {"trace_pretty", "/api/traces/AQIDBAUGBwgJCgsMDQ4PEA?prettyPrint=true"},
      {"dependencies", "/api/dependencies?endTs=1700000100000&lookback=3600000"},
      {"dependencies_of_service", "/api/dependencies?service=disk"},
      {"v3_services", "/api/v3/services"},
      {"v3_operations", "/api/v3/operations?service=db"},
      {"v3_operations_no_service", "/api/v3/operations"},
      {"v3_trace_summaries_durations",
       "/api/v3/trace-summaries?query.service_name=nothing&query.durationMin=2s"
       "&query.durationMax=1s&query.start_time_min=2020-01-01T00:00:00Z"
       "&query.start_time_max=2024-01-01T00:00:00Z"},
      {"metrics_latencies", "/api/metrics/latencies?service=web&quantile=0.95"},
      {"metrics_calls", "/api/metrics/calls?service=web"},
      {"metrics_errors", "/api/metrics/errors?service=web"},
      {"deep_dependencies", "/api/deep-dependencies?service=web"},
      {"quality_metrics", "/api/quality-metrics?service=web&hours=24"},
      {"v3_operations_of_kind", "/api/v3/operations?service=web&span_kind=server"},
      {"v3_trace", "/api/v3/traces/abc123"},
      {"v3_trace_raw", "/api/v3/traces/abc123?raw_traces=true"},
      {"v3_search",
       "/api/v3/traces?query.serviceName=web&query.startTimeMin=2023-11-14T00:00:00Z"
       "&query.startTimeMax=2023-11-15T00:00:00Z"},
      {"v3_trace_summaries",
       "/api/v3/trace-summaries?query.startTimeMin=2020-01-01T00:00:00Z"
       "&query.startTimeMax=2024-01-01T00:00:00Z"},
      {"error_v3_time",
       "/api/v3/traces?query.startTimeMin=2020-01-01T00:00:00Z"
       "&query.startTimeMax=2262-04-11T23:47:16.854775808Z"},
      {"v3_trace_summaries_nothing",
       "/api/v3/trace-summaries?query.service_name=nothing"
       "&query.start_time_min=2020-01-01T00:00:00Z&query.start_time_max=2024-01-01T00:00:00Z"},
  };
  for (const GoldenCase& c : cases) {
    SCOPED_TRACE(c.target);
    ExpectGolden(std::string("jaeger/") + c.file + ".txt", Get(c.target));
  }
}

TEST_F(JaegerApiTest, PassesEveryClassicSearchParameterOn) {
  Get("/api/traces?service=web&operation=GET+/cart&start=1600000000000000&end=1700000000000001"
      "&limit=7&minDuration=1.5ms&maxDuration=2s&tag=a:b:c&tag=x:y&tags=%7B%22x%22:%22z%22%7D");

  const query::SearchRequest& search = query_.last_search;
  EXPECT_EQ(Print(search.condition),
            R"(resource:service = "web" && span:name = "GET /cart" && any.a shown as "b:c" && )"
            R"(any.x shown as "z" && span:duration >= 1500000 && span:duration <= 2000000999)");
  EXPECT_EQ(search.start_min, 1'600'000'000'000'000'000);
  EXPECT_EQ(search.start_max, 1'700'000'000'000'001'999);
  EXPECT_EQ(search.limit, 7u);
}

TEST_F(JaegerApiTest, SpansWithoutAServiceAreFoundByTheNameTheyAreShownUnder) {
  query_.traces.clear();
  model::TraceData& trace = query_.traces.emplace_back();
  trace.resources.emplace_back();
  trace.scopes.emplace_back();
  trace.spans.emplace_back().name = "lonely";
  query_.links = {{"OTLPResourceNoServiceName", "web", 2}};

  EXPECT_THAT(Get("/api/services").body, HasSubstr(R"("data":["OTLPResourceNoServiceName"])"));
  EXPECT_THAT(Get("/api/v3/services").body, HasSubstr(R"(["OTLPResourceNoServiceName"])"));
  EXPECT_THAT(Get("/api/services/OTLPResourceNoServiceName/operations").body,
              HasSubstr(R"(["lonely"])"));
  EXPECT_THAT(Get("/api/v3/operations?service=OTLPResourceNoServiceName").body,
              HasSubstr("lonely"));
  EXPECT_THAT(Get("/api/traces?service=OTLPResourceNoServiceName").body, HasSubstr("lonely"));
  EXPECT_THAT(Get("/api/dependencies?endTs=1&service=OTLPResourceNoServiceName").body,
              HasSubstr(R"("parent":"OTLPResourceNoServiceName","child":"web")"));
  Get("/api/v3/trace-summaries?query.serviceName=OTLPResourceNoServiceName"
      "&query.startTimeMin=2020-01-01T00:00:00Z&query.startTimeMax=2024-01-01T00:00:00Z");
  EXPECT_EQ(Print(query_.last_search.condition),
            R"(resource:service = "OTLPResourceNoServiceName")");
}

/// Everything that senders have been seen to get wrong, in one trace.
model::TraceData OddTrace() {
  model::TraceBuilder builder("dd");
  builder.Resource({{"service.name", {std::int64_t{4242}}}})
      .Resource({{"service.name", {std::string()}}, {"service.name", {std::string("second")}}})
      .Resource({{"service.name", {true}}, {"service.name", {std::string("text")}}});
  auto& unfinished = builder.Add({.id = "1", .start = 1'700'000'000'000'000, .name = ""});
  unfinished.end = 0;
  unfinished.flags = 257;
  auto& values = builder.Add(
      {.id = "2", .parent = "1", .start = 1'700'000'000'000'001, .name = "a", .resource = 1});
  values.end = values.start - 1;
  const double infinity = std::numeric_limits<double>::infinity();
  values.attributes = {
      {"nan", {std::numeric_limits<double>::quiet_NaN()}},
      {"inf", {infinity}},
      {"-inf", {-infinity}},
      {"map", {model::Value::KvList{{"b", {std::int64_t{1}}}, {"a", {model::Value::KvList{}}}}}}};
  values.flags = 256;
  auto& endless = builder.Add(
      {.id = "2", .parent = "1", .start = 1'700'000'000'000'002, .name = "b", .resource = 2});
  endless.end = -1;
  return builder.trace();
}

TEST_F(JaegerApiTest, ShowsOddTracesAsTheGoldenFilesSay) {
  query_.traces = {OddTrace()};
  const std::vector<GoldenCase> cases = {
      {"odd_services", "/api/services"},
      {"odd_operations", "/api/operations?service=4242"},
      {"odd_trace", "/api/traces/dd"},
      {"odd_trace_raw", "/api/traces/dd?raw=true"},
      {"odd_v3_trace", "/api/v3/traces/dd"},
      {"odd_v3_trace_raw", "/api/v3/traces/dd?rawTraces=true"},
      {"odd_v3_trace_summaries",
       "/api/v3/trace-summaries?query.startTimeMin=2020-01-01T00:00:00Z"
       "&query.startTimeMax=2024-01-01T00:00:00Z"},
  };
  for (const GoldenCase& c : cases) {
    SCOPED_TRACE(c.target);
    ExpectGolden(std::string("jaeger/") + c.file + ".txt", Get(c.target));
  }
}

TEST_F(JaegerApiTest, TakesAServiceWhoseSlashesAClientLeftInThePath) {
  query_.traces[1].resources[0].attributes = {{"service.name", {std::string("a/b//c")}}};
  for (const char* path : {"a/b//c", "a%2Fb%2F%2Fc", "a/b%2F/c"}) {
    EXPECT_THAT(Get(std::string("/api/services/") + path + "/operations").body,
                HasSubstr(R"("data":["plain"])"))
        << path;
  }
  EXPECT_EQ(Get("/api/services//operations").status, 404);
  EXPECT_EQ(Get("/api/services/operations").status, 404);
}

TEST_F(JaegerApiTest, LooksBackTwoDaysAndTakes100TracesWhenNotTold) {
  Get("/api/traces?service=web&lookback=1h");

  EXPECT_EQ(query_.last_search.start_min, kNow - Nanos(std::chrono::hours(48)).count());
  EXPECT_EQ(query_.last_search.start_max, kNow);
  EXPECT_EQ(query_.last_search.limit, 100u);
}

TEST_F(JaegerApiTest, PassesEveryV3ParameterOnInBothSpellings) {
  Get("/api/v3/traces?query.serviceName=web&query.operationName=op"
      "&query.startTimeMin=2023-11-14T22:13:20.000000001Z"
      "&query.startTimeMax=2023-11-15T00:13:21+02:00"
      "&query.searchDepth=9&query.durationMin=1ms&query.durationMax=1h"
      "&query.attributes=%7B%22k%22:%22v%22%7D");
  const query::SearchRequest camel = query_.last_search;
  Get("/api/v3/traces?query.service_name=web&query.operation_name=op"
      "&query.start_time_min=2023-11-14T22:13:20.000000001Z"
      "&query.start_time_max=2023-11-15T00:13:21%2B02:00"
      "&query.num_traces=9&query.duration_min=1ms&query.duration_max=1h"
      "&query.attributes=%7B%22k%22:%22v%22%7D");
  const query::SearchRequest snake = query_.last_search;

  for (const query::SearchRequest& search : {camel, snake}) {
    EXPECT_EQ(Print(search.condition),
              R"(resource:service = "web" && span:name = "op" && any.k shown as "v" && )"
              R"(span:duration >= 1000000 && span:duration <= 3600000000999)");
    EXPECT_EQ(search.start_min, 1'700'000'000'000'000'001);
    EXPECT_EQ(search.start_max, 1'700'000'001'000'000'999);
    EXPECT_EQ(search.limit, 9u);
  }
}

TEST_F(JaegerApiTest, UpperBoundsBelowAMicrosecondAreExactAndTheHighestReachesTheEnd) {
  Get("/api/traces?service=web&end=9223372036854775&maxDuration=1us1ns");
  const query::SearchRequest classic = query_.last_search;
  Get("/api/v3/traces?query.startTimeMin=2020-01-01T00:00:00Z"
      "&query.startTimeMax=2023-11-14T22:13:20.000000001Z&query.durationMax=1us1ns");
  const query::SearchRequest exact = query_.last_search;
  Get("/api/v3/traces?query.startTimeMin=2020-01-01T00:00:00Z"
      "&query.startTimeMax=2262-04-11T23:47:16.854775807Z");

  EXPECT_EQ(classic.start_max, std::numeric_limits<UnixNanos>::max());
  EXPECT_EQ(Print(classic.condition), R"(resource:service = "web" && span:duration <= 1001)");
  EXPECT_EQ(exact.start_max, 1'700'000'000'000'000'001);
  EXPECT_EQ(Print(exact.condition), "span:duration <= 1001");
  EXPECT_EQ(query_.last_search.start_max, std::numeric_limits<UnixNanos>::max());
}

TEST_F(JaegerApiTest, PassesAFilterOn) {
  Get("/api/v3/trace-summaries?query.startTimeMin=2020-01-01T00:00:00Z"
      "&query.startTimeMax=2024-01-01T00:00:00Z&query.filter=%7B%22op%22:%22exists%22,%22args%22:"
      "[%7B%22attr%22:%7B%22key%22:%22k%22%7D%7D]%7D");

  EXPECT_EQ(Print(query_.last_search.condition), ".k exists");
}

TEST_F(JaegerApiTest, FindsAttributesByAllTheirNamesUnlessToldNotTo) {
  const std::string classic = "/api/traces?service=web&tag=http.method:GET";
  const std::string of_web = R"(resource:service = "web" && )";
  Get(classic);
  EXPECT_EQ(
      Print(query_.last_search.condition),
      of_web + R"((any.http.method shown as "GET" || any.http.request.method shown as "GET"))");
  Get(classic + "&semantic_conventions=false");
  EXPECT_EQ(Print(query_.last_search.condition), of_web + R"(any.http.method shown as "GET")");

  const std::string v3 =
      "/api/v3/traces?query.startTimeMin=2020-01-01T00:00:00Z"
      "&query.startTimeMax=2024-01-01T00:00:00Z&query.filter=%7B%22op%22:%22exists%22,%22args%22:"
      "[%7B%22attr%22:%7B%22key%22:%22http.url%22,%22level%22:%22span%22%7D%7D]%7D";
  Get(v3);
  EXPECT_EQ(Print(query_.last_search.condition), "span.http.url exists || span.url.full exists");
  Get(v3 + "&semantic_conventions=false");
  EXPECT_EQ(Print(query_.last_search.condition), "span.http.url exists");
  EXPECT_EQ(Get(v3 + "&semantic_conventions=no").status, 400);
  EXPECT_THAT(Get(classic + "&semantic_conventions=no").body,
              HasSubstr("invalid semantic_conventions: use true or false"));
}

TEST_F(JaegerApiTest, NamesAnOperationOfOneKindOnce) {
  model::TraceData& trace = query_.traces[1];
  trace.spans.push_back(trace.spans[0]);
  trace.spans[1].kind = model::SpanKind::kInternal;
  trace.resources[0].attributes = {{"service.name", {std::string("plain")}}};

  EXPECT_EQ(Get("/api/v3/operations?service=plain").body,
            R"({"operations":[{"name":"plain","spanKind":"internal"}]})");
}

TEST_F(JaegerApiTest, ShowsStoredWarningsAsWarnings) {
  model::Span& span = query_.traces[1].spans[0];
  const std::string id = span.trace_id.ToHex();
  span.attributes = {
      {"@jaeger@warnings", {model::Value::Array{{std::string("one")}, {std::string("two")}}}}};
  for (const char* target : {"/api/traces/", "/api/v3/traces/"}) {
    for (const char* raw : {"?raw=true&rawTraces=true", ""}) {
      const std::string body = Get(target + id + raw).body;
      EXPECT_THAT(body,
                  ::testing::AnyOf(
                      HasSubstr(R"("tags":[],"logs":[],"processID":"p1","warnings":["one","two"])"),
                      HasSubstr(R"("attributes":[{"key":"@jaeger@warnings","value":{"arrayValue":)"
                                R"({"values":[{"stringValue":"one"},{"stringValue":"two"}]}}}])")))
          << target << raw;
    }
  }
  span.attributes = {{"@jaeger@warnings", {std::string("only")}}};
  EXPECT_THAT(Get("/api/traces/" + id).body, HasSubstr(R"("warnings":["only"])"));
}

TEST_F(JaegerApiTest, AsksForDependenciesOfTheLastDayWhenNotTold) {
  Get("/api/dependencies");
  EXPECT_EQ(query_.last_range.second, kNow);
  EXPECT_EQ(query_.last_range.first, kNow - Nanos(std::chrono::hours(24)).count());
}

TEST_F(JaegerApiTest, CountsWhatItReturned) {
  Get("/api/traces?service=web");
  EXPECT_EQ(answer_.route, "/api/traces");
  EXPECT_EQ(answer_.trace_count, 1u);
  EXPECT_EQ(answer_.span_count, 4u);
}

TEST_F(JaegerApiTest, IndentsByFourSpacesWhenAsked) {
  EXPECT_EQ(Get("/api/services?prettyPrint=true").body,
            R"({
    "data": [
        "OTLPResourceNoServiceName",
        "db",
        "web"
    ],
    "total": 3,
    "limit": 0,
    "offset": 0,
    "errors": null
})");
  EXPECT_THAT(Get("/api/services?prettyPrint=false").body, ::testing::StartsWith("{\"data\":["));
}

TEST_F(JaegerApiTest, SaysThatAnAnswerIsPartial) {
  query_.left_out = {"block 7 is left out: \"x\"", "block 8 is left out"};
  ExpectGolden("jaeger/partial_trace.txt", Get("/api/traces/0102030405060708090a0b0c0d0e0f10"));
  ExpectGolden("jaeger/partial_services.txt", Get("/api/services"));
  ExpectGolden("jaeger/partial_v3_trace.txt",
               Get("/api/v3/traces/0102030405060708090a0b0c0d0e0f10"));
  EXPECT_EQ(Get("/api/v3/services").headers.Get("Warning"),
            "199 clew \"the answer is partial for 2 reasons, the first: block 7 is left out: "
            "\\\"x\\\"\"");
  ExpectGolden("jaeger/partial_absent.txt", Get("/api/traces/fff"));
  ExpectGolden("jaeger/partial_v3_absent.txt", Get("/api/v3/traces/fff"));
  ExpectGolden("jaeger/partial_search_by_ids.txt", Get("/api/traces?traceID=fff"));
  query_.left_out.clear();
  EXPECT_FALSE(Get("/api/v3/services").headers.Has("Warning"));
}

TEST_F(JaegerApiTest, AsksOnceForAllTracesOfASearchById) {
  const std::string body =
      Get("/api/traces?traceID=abc123&traceID=fff&traceID=abc123&traceID=fff").body;
  EXPECT_EQ(query_.call_count, 1u);
  EXPECT_EQ(answer_.trace_count, 1u);
  EXPECT_THAT(body, ::testing::EndsWith(
                        R"("errors":[{"msg":"trace not found","traceID":"0000000000000fff"}]})"));
}

TEST_F(JaegerApiTest, TheHeaderOfAPartialAnswerIsShortAndPrintable) {
  for (int i = 0; i < 30; ++i) {
    query_.left_out.push_back(fmt::format("block {}: {}", i, std::string(2000, '"')));
  }
  const net::HttpResponse response = Get("/api/services");
  EXPECT_LE(response.headers.Get("Warning").size(), 1000u);
  EXPECT_THAT(response.headers.Get("Warning"),
              ::testing::StartsWith("199 clew \"the answer is partial for 30 reasons, the first: "
                                    "block 0: \\\""));
  EXPECT_THAT(response.headers.Get("Warning"), ::testing::EndsWith("...\""));
  EXPECT_THAT(response.body, HasSubstr("block 19: "));
  EXPECT_THAT(response.body, HasSubstr("10 more faults like these"));

  query_.left_out = {"block \xE2\x82\xAC\r\n\x7F!"};
  EXPECT_EQ(Get("/api/v3/services").headers.Get("Warning"),
            "199 clew \"the answer is partial: block       !\"");
}

TEST_F(JaegerApiTest, TransformTakesMemoryForEachTrace) {
  base::Metrics metrics;
  base::MemoryBudget budget(256u << 20, metrics);
  base::MemoryAccount& account = budget.account(base::MemoryUse::kAnswers);
  options_.limits.answer_memory = &account;
  std::string spans;
  for (int i = 1; i <= 200; ++i) {
    spans += fmt::format(R"({}{{"traceId":"{:032x}","spanId":"0000000000000001"}})",
                         i == 1 ? "" : ",", i);
  }
  const auto send = [&](std::size_t attribute_bytes) {
    auto request = MakeRequest("/api/transform", "POST");
    request.body = Bytes(R"({"resourceSpans":[{"resource":{"attributes":[{"key":"k","value":)" +
                         (R"({"stringValue":")" + std::string(attribute_bytes, 'x')) +
                         R"("}}]},"scopeSpans":[{"spans":[)" + spans + "]}]}]}");
    return Send(request);
  };
  {
    const net::HttpResponse taken = send(100'000);
    EXPECT_EQ(taken.status, 200) << taken.body;
    EXPECT_GE(account.used(), 19'000'000u);
  }
  answer_ = {};
  EXPECT_EQ(account.used(), 0u);
  const net::HttpResponse refused = send(1'000'000);
  EXPECT_EQ(refused.status, 429);
  EXPECT_THAT(refused.body, HasSubstr("the answer takes more than 64 MiB"));
}

TEST_F(JaegerApiTest, ListsManyNamesInPieces) {
  model::TraceData& trace = query_.traces[1];
  for (int i = 0; i < 1000; ++i) {
    trace.spans.push_back(trace.spans[0]);
    trace.spans.back().name = fmt::format("{:01000}", i);
  }
  for (const char* target : {"/api/services/OTLPResourceNoServiceName/operations",
                             "/api/operations?service=OTLPResourceNoServiceName",
                             "/api/v3/operations?service=OTLPResourceNoServiceName"}) {
    net::HttpResponse response = Get(target);
    ASSERT_TRUE(response.next_piece) << target;
    std::string text = response.body;
    for (auto piece = response.next_piece(); !piece->empty(); piece = response.next_piece()) {
      text += *piece;
    }
    EXPECT_TRUE(JsonDocument::Parse(text).has_value()) << target;
    EXPECT_THAT(text, HasSubstr(fmt::format("\"{:01000}\"", 999)));
  }
}

TEST_F(JaegerApiTest, StreamsALargeTraceAndCountsItsMemory) {
  model::TraceData& trace = query_.traces[1];
  for (int i = 0; i < 2000; ++i) {
    trace.spans.push_back(trace.spans[0]);
    trace.spans.back().span_id = *SpanId::FromHex(fmt::format("{:016x}", 0xABC000 + i));
    trace.spans.back().name = std::string(1000, 'x');
  }
  for (const char* target : {"/api/traces/0102030405060708090a0b0c0d0e0f10",
                             "/api/traces/0102030405060708090a0b0c0d0e0f10?prettyPrint=1",
                             "/api/v3/traces/0102030405060708090a0b0c0d0e0f10"}) {
    net::HttpResponse response = Get(target);
    ASSERT_TRUE(response.next_piece) << target;
    std::string text = response.body;
    for (auto piece = response.next_piece(); !piece->empty(); piece = response.next_piece()) {
      text += *piece;
    }
    const auto document = JsonDocument::Parse(text);
    ASSERT_TRUE(document.has_value()) << target;
    std::size_t count = 0;
    for (std::size_t at = text.find("xxx"); at != std::string::npos; at = text.find("xxx", at)) {
      at += 1000;
      ++count;
    }
    EXPECT_EQ(count, 2000u) << target;
  }
}

TEST_F(JaegerApiTest, DoesNotRunWhatNobodyWaitsFor) {
  net::HttpRequest late = MakeRequest("/api/services");
  late.arrived_at -= std::chrono::hours(1);
  EXPECT_EQ(JaegerApi(query_, clock_, options_).Handle(late).response.status, 504);

  std::stop_source client;
  client.request_stop();
  net::HttpRequest left = MakeRequest("/api/services");
  left.cancelled = client.get_token();
  EXPECT_EQ(JaegerApi(query_, clock_, options_).Handle(left).response.status, 503);
  EXPECT_EQ(query_.call_count, 0u);
}

TEST_F(JaegerApiTest, CutsTracesOverTheLimitOfSpans) {
  options_.trace_span_count_max = 2;
  const std::string body = Get("/api/traces/abc123?raw=1").body;
  EXPECT_THAT(body, HasSubstr("trace has more than 2 spans, showing first 2 spans only"));
  EXPECT_EQ(answer_.span_count, 2u);
}

TEST_F(JaegerApiTest, ShowsNoNegativeDurationsAndTimesOfAllBits) {
  model::Span& span = query_.traces[1].spans[0];
  span.start = -1;  // the last nanosecond that 64 bits can name
  span.end = 5;
  const std::string body = Get("/api/traces/0102030405060708090a0b0c0d0e0f10").body;
  EXPECT_THAT(body, HasSubstr(R"("startTime":18446744073709551,"duration":0,)"));
}

TEST_F(JaegerApiTest, TransformsOtlpJson) {
  auto request = MakeRequest("/api/transform", "POST");
  request.body = Bytes(std::string(R"({"resourceSpans":[{"resource":{"attributes":[
    {"key":"service.name","value":{"stringValue":"up"}}]},"scopeSpans":[{"spans":[
    {"traceId":"000000000000000000000000000000aa","spanId":"0000000000000001","name":"one",
     "startTimeUnixNano":"1000000","endTimeUnixNano":"3000000"},
    {"traceId":"000000000000000000000000000000bb","spanId":"0000000000000002","name":"two"},
    {"traceId":"000000000000000000000000000000aa","spanId":"0000000000000003",
     "parentSpanId":"0000000000000001","name":"three"},
    {"traceId":"00000000000000000000000000000000","spanId":"0000000000000003","name":"bad"}
    ]}]}]})"));
  ExpectGolden("jaeger/transform.txt", Send(request));
}

TEST_F(JaegerApiTest, TransformHoldsTheMemoryOfOneStepAtATime) {
  base::Metrics metrics;
  base::MemoryBudget budget(32u << 20, metrics);  // 8 MiB of answers, for a body of one
  options_.limits.answer_memory = &budget.account(base::MemoryUse::kAnswers);
  std::string spans;
  for (int i = 1; spans.size() < (1u << 20); ++i) {
    spans +=
        fmt::format(R"({}{{"traceId":"{:032x}","spanId":"{:016x}","name":"GET /cart",)"
                    R"("startTimeUnixNano":"1700000000000000000","kind":2,"attributes":[)"
                    R"({{"key":"http.url","value":{{"stringValue":"http://shop/cart/{}"}}}}]}})",
                    i == 1 ? "" : ",", i / 100 + 1, i, i);
  }
  auto request = MakeRequest("/api/transform", "POST");
  request.body = Bytes(R"({"resourceSpans":[{"scopeSpans":[{"spans":[)" + spans + "]}]}]}");
  const net::HttpResponse response = Send(request);
  EXPECT_EQ(response.status, 200) << response.body;
  answer_ = {};
}

TEST_F(JaegerApiTest, TransformsLongValuesWhole) {
  auto request = MakeRequest("/api/transform", "POST");
  const std::string text(100'000, 'x');
  request.body = Bytes(
      R"({"resourceSpans":[{"scopeSpans":[{"spans":[{"traceId":"000000000000000000000000000000aa",)"
      R"("spanId":"0000000000000001","attributes":[{"key":"k","value":{"stringValue":")" +
      text + R"("}}]}]}]}]})");
  EXPECT_THAT(Send(request).body, HasSubstr("\"" + text + "\""));
}

TEST_F(JaegerApiTest, ServesBelowABasePathOnly) {
  options_.base_path = "/jaeger";
  EXPECT_EQ(Get("/jaeger/api/services").status, 200);
  EXPECT_EQ(Get("/api/services").status, 404);
  EXPECT_EQ(Get("/jaegerx").status, 404);
  EXPECT_THAT(Get("/jaeger").shared_body.view(), HasSubstr("\"/jaeger/api/services\""));
}

TEST_F(JaegerApiTest, TellsVisitorsOfThePageThatThereIsNone) {
  for (const char* path : {"/", "/search", "/trace/abc"}) {
    const net::HttpResponse page = Get(path);
    EXPECT_EQ(page.status, 200);
    EXPECT_EQ(page.content_type, "text/html; charset=utf-8");
    EXPECT_THAT(page.shared_body.view(), HasSubstr("The web UI is not part of this version"));
  }
}

TEST_F(JaegerApiTest, TakesNothingWhereItShowsThePage) {
  for (const char* path : {"/v1/traces", "/", "/x"}) {
    EXPECT_EQ(Send(MakeRequest(path, "HEAD")).status, 200) << path;
    for (const char* method : {"POST", "PUT", "DELETE", "TRACE", "OPTIONS"}) {
      const net::HttpResponse refused = Send(MakeRequest(path, method));
      EXPECT_EQ(refused.status, 405) << method << path;
      EXPECT_EQ(refused.headers.Get("Allow"), "GET");
      EXPECT_THAT(refused.body, HasSubstr("4318"));
    }
  }
}

TEST_F(JaegerApiTest, KeepsTenantsApart) {
  options_.tenancy.is_enabled = true;
  EXPECT_EQ(Get("/api/services").status, 401);

  auto request = MakeRequest("/api/services");
  request.headers.Add("x-scope-orgid", "team-a");
  EXPECT_EQ(Send(request).status, 200);
  EXPECT_EQ(query_.last_tenants.at(0).name(), "team-a");
}

TEST_F(JaegerApiTest, AnswersHeadAsGet) {
  EXPECT_EQ(Send(MakeRequest("/api/services", "HEAD")).status, 200);
}

}  // namespace
}  // namespace clew::api::jaeger
