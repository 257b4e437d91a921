#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cmath>
#include <deque>
#include <random>
#include <string>
#include <vector>

#include "traceql/metrics/testing/random_spans.h"

/// How spans are divided among those who collect does not show in the answer.
namespace clew::traceql::metrics {
namespace {

constexpr const char* kQueries[] = {
    "{ } | rate()",
    "{ } | rate() by (name, span.n)",
    "{ } | count_over_time() by (span.word) with(extrapolate=true)",
    "{ } | min_over_time(span.real) by (name)",
    "{ } | max_over_time(duration)",
    "{ } | sum_over_time(span.real) by (span.n)",
    "{ } | sum_over_time(duration) with(extrapolate=true)",
    "{ } | avg_over_time(span.real) by (.word) with(extrapolate=true)",
    "{ } | quantile_over_time(duration, .1, .5, .99) by (name)",
    "{ } | quantile_over_time(span.real, 0, .5, 1) with(extrapolate=true)",
    "{ } | histogram_over_time(duration) by (name)",
    "{ } | histogram_over_time(span.real) with(extrapolate=true)",
    "{ } | compare({ status = error }, 3)",
    "({ status = error } | rate() by (name)) / ({ } | rate() by (name)) | topk(2)",
};

CollectorLimits Limits() { return {.exemplars = 20, .compared_values_max = 100}; }

/// Everything, with all digits.
std::string Whole(const Result<Answer>& answer) {
  std::string text = answer->is_estimate ? "estimate" : "";
  for (const Series& series : answer->series) {
    text += '\n' + LabelText(series.labels);
    for (const Sample& sample : series.samples) {
      text += fmt::format(" {}:{}", sample.timestamp_ms, sample.value);
    }
    for (const ShownExemplar& exemplar : series.exemplars) {
      text += fmt::format("\n  {}:{} {}", exemplar.timestamp_ms, exemplar.value,
                          LabelText(exemplar.labels));
    }
  }
  return text;
}

TEST(Merge, PartsAreTheWhole) {
  const TimeRange range = testing::Range(100, 200, 7);
  const model::StopCheck never;
  std::mt19937_64 random(1);
  for (std::uint64_t seed = 0; seed < 2; ++seed) {
    const testing::Traces traces = testing::RandomSpans(seed, 30).MakeTraces();
    for (const char* const query : kQueries) {
      const auto program = testing::Prepare(query);
      ASSERT_TRUE(program.has_value()) << query;
      std::deque<Collector> parts;
      for (int i = 0; i < 4; ++i) parts.emplace_back(*program, range, Limits());
      for (const auto& trace : traces) {
        ASSERT_TRUE(parts[random() % 4].AddTrace(trace.columns(), never).has_value());
      }
      ASSERT_TRUE(parts[2].Merge(parts[3]).has_value());
      ASSERT_TRUE(parts[0].Merge(parts[2]).has_value());
      ASSERT_TRUE(parts[1].Merge(parts[0]).has_value());
      const std::string whole = Whole(testing::Ask(query, traces, range, Limits()));
      EXPECT_GT(whole.size(), 100) << query;
      EXPECT_EQ(Whole(parts[1].Finish(0)), whole) << query;
    }
  }
}

/// As whoever scans columns does, by small numbers of groups.
TEST(Merge, WhoScansAddsTheSame) {
  const TimeRange range = testing::Range(100, 200, 7);
  const testing::RandomSpans spans(3, 200);
  const char* const query = "{ } | avg_over_time(duration) by (name, span.n)";
  const auto program = testing::Prepare(query);
  ASSERT_TRUE(program->operands()[0].scan().has_value());
  Collector collector(*program, range, {});
  Accumulator& accumulator = collector.accumulator(0);
  std::vector<std::uint32_t> buckets;
  std::vector<Group> groups;
  std::vector<double> values;
  BucketFinder finder(range);
  for (const testing::SpanSpec& span : spans.specs()) {
    const model::Value* const n = model::FindAttribute(span.attributes, "n");
    const std::vector<evaluate::Value> by = {
        evaluate::Value::String(span.name),
        n == nullptr ? evaluate::Value() : evaluate::Value::Int(std::get<std::int64_t>(n->data))};
    groups.push_back(accumulator.GroupOf(by).value());
    buckets.push_back(finder.Of(std::llround(span.start * 1e9)));
    values.push_back(static_cast<double>(std::llround(span.duration * 1e9)));
  }
  ASSERT_TRUE(
      accumulator.Add({.buckets = buckets, .groups = groups, .values = values}).has_value());
  EXPECT_EQ(Whole(collector.Finish(0)), Whole(testing::Ask(query, spans.MakeTraces(), range)));
}

}  // namespace
}  // namespace clew::traceql::metrics
