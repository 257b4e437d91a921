#include "traceql/metrics/collector.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "traceql/metrics/testing/example_spans.h"

namespace clew::traceql::metrics {
namespace {

using model::StatusCode;
using testing::Ask;
using testing::Describe;
using testing::Range;

model::Value Int(std::int64_t number) { return {number}; }
model::Value Text(const char* text) { return {std::string(text)}; }

/// Five spans of (100, 130], one on each of its edges, and one behind.
const testing::Traces& Shop() {
  static const testing::Traces traces = testing::MakeTraces({
      {.trace = "a",
       .start = 101,
       .duration = 1,
       .name = "get",
       .service = "front",
       .status = StatusCode::kOk,
       .attributes = {{"code", Int(200)}, {"size", Int(10)}}},
      {.trace = "a",
       .start = 105,
       .duration = 3,
       .name = "pay",
       .service = "bank",
       .status = StatusCode::kError,
       .attributes = {{"code", Int(500)}, {"size", {20.5}}}},
      {.trace = "a",
       .start = 110,
       .duration = 0.5,
       .name = "get",
       .service = "front",
       .attributes = {{"code", Int(200)}, {"size", Text("big")}}},
      {.trace = "b", .start = 100, .duration = 9, .name = "get", .service = "front"},
      {.trace = "b",
       .start = 115,
       .duration = 2,
       .name = "get",
       .service = "front",
       .attributes = {{"code", Text("200")}, {"size", Int(-4)}}},
      {.trace = "b",
       .start = 130,
       .duration = 4,
       .name = "pay",
       .service = "bank",
       .status = StatusCode::kError,
       .attributes = {{"flag", {true}}}},
      {.trace = "b", .start = 131, .duration = 1, .name = "pay", .service = "bank"},
  });
  return traces;
}

struct Case {
  const char* query;
  const char* series;
};

void ExpectSeries(const testing::Traces& traces, const TimeRange& range,
                  const std::vector<Case>& cases) {
  for (const Case& c : cases) {
    EXPECT_EQ(Describe(Ask(c.query, traces, range)), c.series) << c.query;
  }
}

void ExpectSeries(const std::vector<Case>& cases) {
  ExpectSeries(Shop(), Range(100, 130, 10), cases);
}

TEST(Collector, CountsSpansOfEachStep) {
  ExpectSeries({
      {"{ } | rate()", R"({__name__="rate"} 110:0.3 120:0.1 130:0.1)"},
      {"{ } | count_over_time()", R"({__name__="count_over_time"} 110:3 120:1 130:1)"},
      {"{ status = error } | rate()", R"({__name__="rate"} 110:0.1 120:0 130:0.1)"},
      {"{ false } | rate()", R"({__name__="rate"} 110:0 120:0 130:0)"},
      {"{ false } | rate() by (name)", ""},
  });
}

TEST(Collector, ReckonsWithValues) {
  ExpectSeries({
      {"{ } | sum_over_time(span.size)", R"({__name__="sum_over_time"} 110:30.5 120:-4)"},
      {"{ } | min_over_time(span.size)", R"({__name__="min_over_time"} 110:10 120:-4)"},
      {"{ } | max_over_time(span.size)", R"({__name__="max_over_time"} 110:20.5 120:-4)"},
      {"{ } | avg_over_time(span.size)", R"({__name__="avg_over_time"} 110:15.25 120:-4)"},
      {"{ } | quantile_over_time(.size, 0, 1)",
       "{p=0.0} 110:10 120:-4 130:0\n{p=1.0} 110:20.5 120:-4 130:0"},
      {"{ } | histogram_over_time(.size)",
       "{__bucket=0.0} 110:0 120:1 130:0\n{__bucket=16.0} 110:1 120:0 130:0\n"
       "{__bucket=32.0} 110:1 120:0 130:0"},
      {"{ } | max_over_time(.nope)", ""},
      {"{ } | quantile_over_time(name, .5)", ""},
      {"{ } | histogram_over_time(status)", ""},
  });
}

TEST(Collector, DurationsAreSecondsEverywhere) {
  ExpectSeries({
      {"{ } | sum_over_time(duration)", R"({__name__="sum_over_time"} 110:4.5 120:2 130:4)"},
      {"{ } | min_over_time(duration)", R"({__name__="min_over_time"} 110:0.5 120:2 130:4)"},
      {"{ } | max_over_time(duration)", R"({__name__="max_over_time"} 110:3 120:2 130:4)"},
      {"{ } | avg_over_time(span:duration)", R"({__name__="avg_over_time"} 110:1.5 120:2 130:4)"},
      {"{ } | quantile_over_time(duration, 1)", "{p=1.0} 110:3 120:2 130:4"},
      {"{ } | histogram_over_time(duration)",
       "{__bucket=0.536870912} 110:1 120:0 130:0\n{__bucket=1.073741824} 110:1 120:0 130:0\n"
       "{__bucket=2.147483648} 110:0 120:1 130:0\n{__bucket=4.294967296} 110:1 120:0 130:1"},
      {"{ } | max_over_time(traceDuration)", R"({__name__="max_over_time"} 110:9.5 120:34 130:34)"},
      {"{ } | quantile_over_time(traceDuration, 0)", "{p=0.0} 110:9.5 120:34 130:34"},
  });
}

TEST(Collector, GroupsByTypedValues) {
  ExpectSeries({
      {"{ } | rate() by (resource.service.name)",
       "{resource.service.name=\"bank\"} 110:0.1 120:0 130:0.1\n"
       "{resource.service.name=\"front\"} 110:0.2 120:0.1 130:0"},
      {"{ } | count_over_time() by (name, status)",
       "{name=\"get\", status=\"ok\"} 110:1 120:0 130:0\n"
       "{name=\"get\", status=\"unset\"} 110:1 120:1 130:0\n"
       "{name=\"pay\", status=\"error\"} 110:1 120:0 130:1"},
      {"{ } | count_over_time() by (.code)",
       "{.code=\"200\"} 110:0 120:1 130:0\n{.code=\"nil\"} 110:0 120:0 130:1\n"
       "{.code=200} 110:2 120:0 130:0\n{.code=500} 110:1 120:0 130:0"},
      {"{ } | avg_over_time(duration) by (span:name)",
       "{name=\"get\"} 110:0.75 120:2\n{name=\"pay\"} 110:3 130:4"},
      {"{ } | max_over_time(duration) by (trace:id)",
       "{trace:id=\"0000000000000000000000000000000a\"} 110:3\n"
       "{trace:id=\"0000000000000000000000000000000b\"} 120:2 130:4"},
      {"{ name = \"pay\" } | quantile_over_time(duration, 0, 1) by (name)",
       "{name=\"pay\", p=0.0} 110:3 120:0 130:4\n{name=\"pay\", p=1.0} 110:3 120:0 130:4"},
      {"{ } | histogram_over_time(.size) by (.code)",
       "{.code=\"200\", __bucket=0.0} 110:0 120:1 130:0\n"
       "{.code=200, __bucket=16.0} 110:1 120:0 130:0\n"
       "{.code=500, __bucket=32.0} 110:1 120:0 130:0"},
      {"{ .code = 500 } | rate() by (duration, kind)",
       R"({duration="3s", kind="unspecified"} 110:0.1 120:0 130:0)"},
      {"{ .code = 500 } | rate() by (.a, .b, .c, .code, name, kind, status, rootName)",
       R"({.code=500, name="pay", kind="unspecified", status="error", rootName="get"} )"
       "110:0.1 120:0 130:0"},
  });
}

TEST(Collector, WhatIsMissingHasNoLabelUnlessAllIs) {
  ExpectSeries({
      {"{ } | count_over_time() by (.flag, .code)",
       "{.code=\"200\"} 110:0 120:1 130:0\n{.code=200} 110:2 120:0 130:0\n"
       "{.code=500} 110:1 120:0 130:0\n{.flag=true} 110:0 120:0 130:1"},
      {"{ } | rate() by (.nope)", R"({.nope="nil"} 110:0.3 120:0.1 130:0.1)"},
      {"{ } | rate() by (.nope, .none)", R"({.nope="nil"} 110:0.3 120:0.1 130:0.1)"},
  });
  // That text itself, and nothing: one series.
  const testing::Traces traces = testing::MakeTraces({
      {.trace = "a", .start = 101, .attributes = {{"x", Text("nil")}}},
      {.trace = "a", .start = 102},
  });
  EXPECT_EQ(Describe(Ask("{ } | count_over_time() by (.x)", traces, Range(100, 110, 10))),
            R"({.x="nil"} 110:2)");
}

TEST(Collector, PipelinesSeeWholeTracesAndSpansCountByTheirStart) {
  ExpectSeries({
      {"{ } | count() > 3 | count_over_time()",
       R"({__name__="count_over_time"} 110:0 120:1 130:1)"},
      {"{ name = \"get\" } > { name = \"pay\" } | count_over_time()",
       R"({__name__="count_over_time"} 110:1 120:0 130:1)"},
      {"{ } | by(name) | count() > 1 | count_over_time()",
       R"({__name__="count_over_time"} 110:2 120:1 130:1)"},
      {"{ .code = 200 } | select(.size) | count_over_time()",
       R"({__name__="count_over_time"} 110:2 120:0 130:0)"},
  });
}

TEST(Collector, AnInstantQueryHasOnePoint) {
  ExpectSeries(
      Shop(), Range(100, 130, 30),
      {
          {"{ } | count_over_time()", R"({__name__="count_over_time"} 130:5)"},
          {"{ } | rate()", R"({__name__="rate"} 130:0.166667)"},
          {"{ } | max_over_time(duration) by (name)", "{name=\"get\"} 130:2\n{name=\"pay\"} 130:4"},
      });
}

TEST(Collector, QuantilesAreNear) {
  const auto answer = Ask("{ } | quantile_over_time(duration, .5)", Shop(), Range(100, 130, 30));
  ASSERT_TRUE(answer.has_value());
  EXPECT_NEAR(answer->series.at(0).samples.at(0).value, 2, 0.02);
}

TEST(Collector, SampledSpansStandForOthersWhenThatIsAskedFor) {
  const testing::Traces traces = testing::MakeTraces({
      {.trace = "a", .start = 101, .duration = 1, .trace_state = "ot=th:8"},
      {.trace = "a", .start = 102, .duration = 2, .attributes = {{"SampleRate", Int(10)}}},
      {.trace = "a", .start = 103, .duration = 3},
  });
  const TimeRange range = Range(100, 110, 10);
  ExpectSeries(traces, range,
               {
                   {"{ } | rate() with(extrapolate=true)", R"({__name__="rate"} 110:1.3)"},
                   {"{ } | count_over_time() with(extrapolate=true)",
                    R"({__name__="count_over_time"} 110:13)"},
                   {"{ } | sum_over_time(duration) with(extrapolate=true)",
                    R"({__name__="sum_over_time"} 110:25)"},
                   {"{ } | avg_over_time(duration) with(extrapolate=true)",
                    R"({__name__="avg_over_time"} 110:1.92308)"},
                   {"{ } | min_over_time(duration) with(extrapolate=true)",
                    R"({__name__="min_over_time"} 110:1)"},
                   {"{ } | histogram_over_time(duration) with(extrapolate=true)",
                    "{__bucket=1.073741824} 110:2\n{__bucket=2.147483648} 110:10\n"
                    "{__bucket=4.294967296} 110:1"},
                   // 13 spans: the fifth is one of ten, the second is not.
                   {"{ } | quantile_over_time(duration, .15) with(extrapolate=true)",
                    "{p=0.15} 110:1.00244"},
                   {"{ } | rate()", R"({__name__="rate"} 110:0.3)"},
               });
  const auto is_estimate = [&](const char* query) {
    return Ask(query, traces, range).value().is_estimate;
  };
  EXPECT_TRUE(is_estimate("{ } | rate() with(extrapolate=true)"));
  EXPECT_FALSE(is_estimate("{ duration > 2s } | rate() with(extrapolate=true)"));
  EXPECT_FALSE(is_estimate("{ } | min_over_time(duration) with(extrapolate=true)"));
  EXPECT_FALSE(is_estimate("{ } | rate()"));
}

std::vector<std::string> ExemplarsOf(const Result<Answer>& answer) {
  std::vector<std::string> texts;
  for (const Series& series : answer.value().series) {
    for (const ShownExemplar& exemplar : series.exemplars) {
      std::string text = LabelText(series.labels) + ' ';
      text += std::to_string(exemplar.timestamp_ms / 1000) + ' ';
      text += fmt::format("{:g} ", exemplar.value);
      text += LabelText(exemplar.labels);
      texts.push_back(std::move(text));
    }
  }
  return texts;
}

TEST(Collector, ExemplarsAreSpansOfTheirSeries) {
  const std::string a = R"(trace:id="0000000000000000000000000000000a")";
  const std::string b = R"(trace:id="0000000000000000000000000000000b")";
  const auto exemplars = [](const char* query, std::uint32_t budget = 100) {
    return ExemplarsOf(Ask(query, Shop(), Range(100, 130, 10), {.exemplars = budget}));
  };
  using Texts = std::vector<std::string>;
  // One of a trace; of spans that are counted the value is that of the point.
  EXPECT_EQ(exemplars("{ } | rate()"), (Texts{"{__name__=\"rate\"} 101 0.3 {" + a + "}",
                                              "{__name__=\"rate\"} 115 0.1 {" + b + "}"}));
  EXPECT_EQ(exemplars("{ name = \"pay\" } | max_over_time(duration) by (.code)"),
            (Texts{"{.code=\"nil\"} 130 4 {duration=\"4s\", name=\"pay\", " + b + "}",
                   "{.code=500} 105 3 {.code=500, duration=\"3s\", name=\"pay\", " + a + "}"}));
  EXPECT_EQ(exemplars("{ .code = 500 } | histogram_over_time(duration)"),
            (Texts{"{__bucket=4.294967296} 105 3 {duration=\"3s\", .code=500, " + a + "}"}));
  EXPECT_EQ(exemplars("{ .code = 500 } | quantile_over_time(duration, 0, .5, 1)"),
            (Texts{"{p=0.0} 105 3 {duration=\"3s\", .code=500, " + a + "}"}));
  EXPECT_EQ(exemplars("{ } | rate()", 1), (Texts{"{__name__=\"rate\"} 101 0.3 {" + a + "}"}));
  EXPECT_EQ(exemplars("{ } | rate()", 0), Texts{});
  // With the point goes what stands for it.
  EXPECT_EQ(exemplars("{ } | rate() > 0.2"), (Texts{"{__name__=\"rate\"} 101 0.3 {" + a + "}"}));
  EXPECT_EQ(exemplars("({ } | rate()) * 10"),
            (Texts{"{__name__=\"(rate * 10)\"} 101 3 {" + a + "}",
                   "{__name__=\"(rate * 10)\"} 115 1 {" + b + "}"}));
}

TEST(Collector, SaysWhenThereAreMoreSeriesThanAskedFor) {
  const auto answer = Ask("{ } | count_over_time() by (.code)", Shop(), Range(100, 130, 30), {}, 2);
  ASSERT_TRUE(answer.has_value());
  EXPECT_EQ(Describe(*answer), "{.code=\"200\"} 130:1\n{.code=\"nil\"} 130:1");
  EXPECT_TRUE(answer->is_partial);
  EXPECT_EQ(answer->message,
            "Response exceeds maximum series limit of 2, a partial response is returned. Warning: "
            "the accuracy of each individual value is not guaranteed.");
  const auto whole = Ask("{ } | count_over_time() by (.code)", Shop(), Range(100, 130, 30), {}, 4);
  EXPECT_FALSE(whole->is_partial);
  EXPECT_EQ(whole->message, "");
}

TEST(Collector, FailsWhenSeriesTakeTooMuchMemory) {
  std::vector<std::string> names;
  for (int i = 0; i < 300; ++i) names.push_back("name " + std::to_string(i));
  std::vector<testing::SpanSpec> spans;
  for (const std::string& name : names) {
    spans.push_back({.trace = "a", .start = 101, .duration = 1, .name = name});
  }
  const testing::Traces traces = testing::MakeTraces(spans);
  const TimeRange range = Range(100, 130, 10);
  for (const char* const query :
       {"{ } | rate() by (name)", "{ } | min_over_time(duration) by (name)",
        "{ } | quantile_over_time(duration, .5) by (name)",
        "{ } | histogram_over_time(duration) by (name)", "{ } | compare({ false })",
        "({ } | rate() by (name)) + ({ } | rate() by (name))"}) {
    EXPECT_TRUE(Ask(query, traces, range).has_value()) << query;
    const auto answer = Ask(query, traces, range, {.bytes_max = 15'000});
    ASSERT_FALSE(answer.has_value()) << query;
    EXPECT_EQ(answer.error().code, Code::kResourceExhausted) << query;
    EXPECT_EQ(answer.error().message,
              "the series of the query take more than 15000 bytes: group by attributes with fewer "
              "values, ask for less time, or take a longer step")
        << query;
  }
}

TEST(Collector, AsksWhetherToStop) {
  const auto program = testing::Prepare("{ } | rate() by (name)");
  std::vector<testing::SpanSpec> spans(3'000, {.trace = "a", .start = 101});
  const testing::Traces traces = testing::MakeTraces(spans);
  Collector collector(*program, Range(100, 130, 10), {});
  const model::StopCheck stop = [] { return Status(MakeError(Code::kCancelled, "enough")); };
  EXPECT_EQ(collector.AddTrace(traces[0].columns(), stop).error().message, "enough");
}

TEST(Collector, AQueryThatHasNoMeaningFails) {
  const TimeRange range = Range(100, 130, 10);
  EXPECT_EQ(Describe(Ask("{ }", Shop(), range)), "not a metrics query");
  EXPECT_EQ(Describe(Ask("{ 1 / (.code - 500) = 0 } | rate()", Shop(), range)), "division by zero");
  EXPECT_EQ(Describe(Ask("{ } | by(name) | { } > { } | rate()", Shop(), range)),
            "spanset operators are not supported for multiple spansets per trace. consider using "
            "coalesce()");
}

TEST(Collector, OperandsCanBeLeftAlone) {
  const auto program = testing::Prepare("({ } | count_over_time()) + ({ } | count_over_time())");
  Collector collector(*program, Range(100, 130, 30), {});
  const model::StopCheck never;
  for (const auto& trace : Shop()) {
    ASSERT_TRUE(collector.AddTrace(trace.columns(), never, {true, false}).has_value());
  }
  EXPECT_EQ(Describe(collector.Finish(0)),
            R"s({__name__="(count_over_time + count_over_time)"} 130:5)s");
}

TEST(Collector, KnowsWhichOperandsCanBeScanned) {
  const auto is_scanned = [](const char* query) {
    return testing::Prepare(query).value().operands()[0].scan().has_value();
  };
  EXPECT_TRUE(is_scanned("{ } | rate()"));
  EXPECT_TRUE(is_scanned("{ .a = 1 && event:name = \"x\" } | { !(span.b =~ \"c.*\") } | rate()"));
  EXPECT_TRUE(
      is_scanned("{ .a = 1 } | select(.b) | quantile_over_time(duration, .5) by "
                 "(resource.service.name, name, kind, status, .x, instrumentation.y)"));
  EXPECT_FALSE(is_scanned("{ .a + 1 = 2 } | rate()"));
  EXPECT_FALSE(is_scanned("{ } > { } | rate()"));
  EXPECT_FALSE(is_scanned("{ } | count() > 1 | rate()"));
  EXPECT_FALSE(is_scanned("{ } | by(name) | rate()"));
  EXPECT_FALSE(is_scanned("{ } | rate() by (rootName)"));
  EXPECT_FALSE(is_scanned("{ } | rate() by (event.x)"));
  EXPECT_FALSE(is_scanned("{ } | rate() by (parent.span.x)"));
  EXPECT_FALSE(is_scanned("{ } | max_over_time(traceDuration)"));
  EXPECT_TRUE(is_scanned("{ .a = 1 } | compare({ status = error && span.b > 2 }, 3)"));
  EXPECT_FALSE(is_scanned("{ } > { } | compare({ status = error })"));
  EXPECT_FALSE(is_scanned("{ } | compare({ rootName = \"x\" })"));
}

}  // namespace
}  // namespace clew::traceql::metrics
