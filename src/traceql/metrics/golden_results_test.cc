#include <gtest/gtest.h>

#include "traceql/metrics/testing/example_spans.h"
#include "traceql/testing/golden.h"

namespace clew::traceql::metrics {
namespace {

/// Buckets to the seconds 110 (three spans), 120 (one, on the edge), and 130 (none); two spans are
/// outside.
testing::Traces Spans() {
  using model::Value;
  model::Event event;
  event.time = 109 * testing::kSecond;
  event.name = "retry";
  return testing::MakeTraces({
      {.trace = "a1",
       .start = 101,
       .duration = 2,
       .name = "get",
       .attributes = {{"n", Value{std::int64_t{4}}},
                      {"word", Value{std::string("x")}},
                      {"flag", Value{true}},
                      {"real", Value{1.5}}}},
      {.trace = "a1",
       .start = 105,
       .duration = 1,
       .name = "pay",
       .service = "bank",
       .status = model::StatusCode::kError,
       .attributes = {{"n", Value{std::int64_t{2}}}, {"word", Value{std::string("y")}}}},
      {.trace = "a2",
       .start = 108,
       .duration = 1.5,
       .name = "get",
       .attributes = {{"n", Value{std::string("many")}}, {"SampleRate", Value{std::int64_t{3}}}},
       .events = {event}},
      {.trace = "a3",
       .start = 120,
       .duration = 0.5,
       .name = "get",
       .attributes = {{"n", Value{std::int64_t{8}}}, {"real", Value{2.0}}}},
      {.trace = "a4", .start = 100, .duration = 9, .name = "early"},
      {.trace = "a5", .start = 131, .duration = 9, .name = "late"},
  });
}

TEST(GoldenResults, EveryQueryOfTheCatalogueGivesTheSeriesBelowIt) {
  const testing::Traces spans = Spans();
  const auto cases = ReadGolden("traceql_results/metrics.txt");
  for (const GoldenCase& each : cases) {
    const std::string series =
        testing::Describe(testing::Ask(each.query, spans, testing::Range(100, 130, 10)));
    EXPECT_EQ(series.empty() ? "(nothing)" : series, each.outcome) << each.query;
  }
  EXPECT_GE(cases.size(), 65u);
}

}  // namespace
}  // namespace clew::traceql::metrics
