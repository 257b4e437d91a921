#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <memory>

#include "api/tempo/tempo_api.h"
#include "api/test_fixture.h"
#include "query/testing/fake_query_service.h"
#include "traceql/metrics/answer.h"

namespace clew::api::tempo {
namespace {

using api::testing::ExpectGolden;
using api::testing::MakeRequest;
using ::testing::HasSubstr;
using ::testing::StartsWith;

class MetricsEndpointTest : public ::testing::Test {
 protected:
  net::HttpResponse Get(std::string_view target, const std::string& accept = "") {
    net::HttpRequest request = MakeRequest(target);
    if (!accept.empty()) request.headers.Add("Accept", accept);
    return TempoApi(query_, options_, [] { return Status(); }).Handle(request).response;
  }
  /// Of what is asked of one minute.
  net::HttpResponse Range(const std::string& parameters) {
    return Get("/api/metrics/query_range?start=1000&end=1060&step=30&" + parameters);
  }
  static traceql::metrics::Answer Example() {
    using model::Value;
    traceql::metrics::Series first{
        .labels = {{"name", Value{std::string("a \"b\"\xff")}}, {".n", Value{std::int64_t{-5}}}},
        .samples = {{990'000, 0.5}, {1'020'000, std::numeric_limits<double>::infinity()}},
        .exemplars = {{.labels = {{"trace:id", Value{std::string("0a")}}},
                       .value = 1.5,
                       .timestamp_ms = 1'001'000}}};
    traceql::metrics::Series second{
        .labels = {{"p", Value{0.5}}, {".up", Value{true}}, {"status", Value{std::string("ok")}}},
        .samples = {{990'000, 0}}};
    return {.series = {std::move(first), std::move(second), {}}};
  }

  query::FakeQueryService query_;
  TempoOptions options_;
};

TEST_F(MetricsEndpointTest, ARangeHasTemposForm) {
  query_.measured = std::make_shared<const traceql::metrics::Answer>(Example());

  const net::HttpResponse response = Range("q=%7B%7D%7Crate()&exemplars=7&maxSeries=9");

  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.content_type, "application/json");
  EXPECT_THAT(
      response.body,
      StartsWith(R"({"series":[{"labels":[{"key":"name","value":{"stringValue":"a \"b\")"
                 "\xEF\xBF\xBD"
                 R"("}},{"key":".n","value":{"intValue":"-5"}}],)"
                 R"("samples":[{"timestampMs":"990000","value":0.5},)"
                 R"({"timestampMs":"1020000","value":"Infinity"}],)"
                 R"("exemplars":[{"labels":[{"key":"trace:id","value":{"stringValue":"0a"}}],)"
                 R"("value":1.5,"timestampMs":"1001000"}]},)"
                 R"({"labels":[{"key":"p","value":{"doubleValue":0.5}},)"
                 R"({"key":".up","value":{"boolValue":true}},)"
                 R"({"key":"status","value":{"stringValue":"ok"}}],)"
                 R"("samples":[{"timestampMs":"990000","value":0.0}]},)"
                 R"({"labels":[],"samples":[]}],"metrics":{)"));
  EXPECT_EQ(query_.last_measure.text, "{ true } | rate()");
  EXPECT_EQ(query_.last_measure.exemplars, 7u);
  EXPECT_EQ(query_.last_measure.series_max, 9u);
  EXPECT_EQ(
      query_.last_measure.range,
      (traceql::metrics::TimeRange{
          .start = 960'000'000'000, .end = 1'080'000'000'000, .step = std::chrono::seconds(30)}));
}

TEST_F(MetricsEndpointTest, AnInstantHasOneValueOfEachSeries) {
  query_.measured = std::make_shared<const traceql::metrics::Answer>(Example());

  const net::HttpResponse response =
      Get("/api/metrics/query?start=1000&end=1060&q=%7B%7D%7Crate()&exemplars=7");

  EXPECT_THAT(response.body,
              HasSubstr(R"("value":{"intValue":"-5"}}],"value":0.5},{"labels":[{"key":"p",)"));
  EXPECT_THAT(response.body, HasSubstr(R"({"stringValue":"ok"}}],"value":0.0}],"metrics":{)"));
  EXPECT_EQ(query_.last_measure.exemplars, 0u);
  EXPECT_EQ(query_.last_measure.range.bucket_count(), 1u);
  EXPECT_EQ(query_.last_measure.range.end, 1'060'000'000'000);
}

TEST_F(MetricsEndpointTest, SaysWhatItLacks) {
  traceql::metrics::Answer answer = Example();
  answer.is_partial = true;
  answer.message = "too many series";
  query_.measured = std::make_shared<const traceql::metrics::Answer>(std::move(answer));
  query_.left_out = {"block 7 is left out"};

  const net::HttpResponse response = Range("q=%7B%7D%7Crate()");

  EXPECT_THAT(response.body, HasSubstr(R"("status":"PARTIAL","message":"too many series; )"));
  EXPECT_THAT(response.body, HasSubstr("block 7 is left out"));
  EXPECT_THAT(response.headers.Get("Warning"), HasSubstr("block 7 is left out"));
}

TEST_F(MetricsEndpointTest, BothFormsComeAsProtobuf) {
  traceql::metrics::Answer answer = Example();
  answer.is_partial = true;
  answer.message = "too many series";
  query_.measured = std::make_shared<const traceql::metrics::Answer>(std::move(answer));
  const std::string target = "?start=1000&end=1060&q=%7B%7D%7Crate()";
  ExpectGolden("tempo/metrics_range_protobuf.txt",
               Get("/api/metrics/query_range" + target, "application/protobuf"));
  ExpectGolden("tempo/metrics_instant_protobuf.txt",
               Get("/api/metrics/query" + target, "application/protobuf"));
}

TEST_F(MetricsEndpointTest, HintsGoBeforeTheParameter) {
  query_.measured = std::make_shared<const traceql::metrics::Answer>();
  EXPECT_EQ(Range("exemplars=7&q=%7B%7D%7Crate()with(exemplars=false)").status, 200);
  EXPECT_EQ(query_.last_measure.exemplars, 0u);
  EXPECT_EQ(Range("q=%7B%7D%7Crate()").status, 200);
  EXPECT_EQ(query_.last_measure.exemplars, 100u);
}

TEST_F(MetricsEndpointTest, RefusesWhatIsNoneWithARemedy) {
  struct Case {
    const char* target;
    const char* message;
  };
  const Case cases[] = {
      {"/api/metrics/query_range", "q required"},
      {"/api/metrics/query_range?q=%7B%7D",
       "invalid TraceQL query: not a metrics query: say what is to be made of the spans"},
      {"/api/metrics/query?q=%7B%7D", "invalid TraceQL query: not a metrics query"},
      {"/api/metrics/query_range?q=%7B%7D%7Crate(",
       "invalid TraceQL query: parse error at line 1, col "},
      {"/api/metrics/query?q=%7B%7D%7Crate()&start=5&end=4", "end must be greater than start"},
      {"/api/search?q=%7B%7D%7Crate()", "invalid TraceQL query: a query of metrics has no traces"},
  };
  for (const Case& c : cases) {
    const net::HttpResponse response = Get(c.target);
    EXPECT_EQ(response.status, 400) << c.target;
    EXPECT_THAT(response.body, StartsWith(c.message)) << c.target;
  }
  EXPECT_EQ(Get("/api/metrics/query?q=%7B%7D%7Crate()", "application/vnd.grafana.llm").status, 400);
  EXPECT_EQ(query_.call_count, 0u);
}

}  // namespace
}  // namespace clew::api::tempo
