#include "api/client/tempo_answers.h"

#include <gtest/gtest.h>

#include <cmath>

namespace clew::api::client {
namespace {

TEST(TempoAnswers, ATraceHasWhatMatched) {
  const auto traces = ParseFoundTraces(
      R"({"traces":[{"traceID":"1a","rootServiceName":"shop","rootTraceName":"order",)"
      R"("startTimeUnixNano":"1700000000000000000","durationMs":412,)"
      R"("spanSet":{"matched":9},"spanSets":[{"matched":9,)"
      R"("attributes":[{"key":"number","value":{"intValue":"9"}}],"spans":[{)"
      R"("spanID":"b7ad6b7169203331","name":"pay","startTimeUnixNano":"1","durationNanos":"7",)"
      R"("attributes":[{"key":"s","value":{"stringValue":"x"}},{"key":"d","value":)"
      R"({"doubleValue":0.5}},{"key":"n","value":{"doubleValue":"NaN"}},{"key":"b","value":)"
      R"({"boolValue":true}},{"key":"l","value":{"arrayValue":{"values":[{"intValue":"1"},)"
      R"({"intValue":2}]}}}]}]}]},{"traceID":"2b"}]})");

  ASSERT_TRUE(traces.has_value()) << traces.error().message;
  ASSERT_EQ(traces->size(), 2u);
  const FoundTrace& trace = traces->front();
  EXPECT_EQ(trace.trace_id.ToHex(), "0000000000000000000000000000001a");
  EXPECT_EQ(trace.root_service, "shop");
  EXPECT_EQ(trace.root_name, "order");
  EXPECT_EQ(trace.start, 1'700'000'000'000'000'000);
  EXPECT_EQ(trace.duration, std::chrono::milliseconds(412));
  ASSERT_EQ(trace.sets.size(), 1u) << "not the copy of the first";
  EXPECT_EQ(trace.sets[0].span_count, 9u);
  EXPECT_EQ(trace.sets[0].attributes, (std::vector<Label>{{"number", "9"}}));
  ASSERT_EQ(trace.sets[0].spans.size(), 1u);
  const FoundSpan& span = trace.sets[0].spans[0];
  EXPECT_EQ(span.name, "pay");
  EXPECT_EQ(span.duration, Nanos(7));
  EXPECT_EQ(
      span.attributes,
      (std::vector<Label>{{"s", "x"}, {"d", "0.5"}, {"n", "nan"}, {"b", "true"}, {"l", "[1, 2]"}}));
  EXPECT_EQ(traces->back().duration, Nanos(0));
  EXPECT_TRUE(ParseFoundTraces("{}")->empty());
}

TEST(TempoAnswers, SeriesAreInTheOrderOfTime) {
  const auto answer = ParseSeries(
      R"({"series":[{"labels":[{"key":"p","value":{"doubleValue":0.9}}],"promLabels":"",)"
      R"("samples":[{"timestampMs":"20","value":2.5},{"timestampMs":"10"},)"
      R"({"timestampMs":"30","value":"Infinity"}],"exemplars":[]}],)"
      R"("status":"PARTIAL","message":"not all"})");

  ASSERT_TRUE(answer.has_value()) << answer.error().message;
  EXPECT_EQ(answer->message, "not all");
  ASSERT_EQ(answer->series.size(), 1u);
  EXPECT_EQ(answer->series[0].labels, (std::vector<Label>{{"p", "0.9"}}));
  EXPECT_EQ(answer->series[0].samples, (std::vector<Sample>{{10, 0}, {20, 2.5}, {30, HUGE_VAL}}));
}

TEST(TempoAnswers, AnInstantHasOneValue) {
  const auto answer = ParseInstant(R"({"series":[{"value":3},{},{"value":"NaN"}]})");

  ASSERT_TRUE(answer.has_value()) << answer.error().message;
  ASSERT_EQ(answer->series.size(), 3u);
  EXPECT_EQ(answer->series[0].samples, (std::vector<Sample>{{0, 3}}));
  EXPECT_EQ(answer->series[1].samples, (std::vector<Sample>{{0, 0}}));
  EXPECT_TRUE(std::isnan(answer->series[2].samples.at(0).value));
}

TEST(TempoAnswers, WhatIsNoAnswerIsRefused) {
  for (const char* text : {"", "[]", "<html>", R"({"traces":5,"series":5})",
                           R"({"traces":[{}],"series":[{"samples":1}]})"}) {
    const auto traces = ParseFoundTraces(text);
    ASSERT_FALSE(traces.has_value()) << text;
    EXPECT_EQ(traces.error().code, Code::kDataLoss);
    const auto series = ParseSeries(text);
    ASSERT_FALSE(series.has_value()) << text;
    EXPECT_EQ(series.error().code, Code::kDataLoss);
  }
}

}  // namespace
}  // namespace clew::api::client
