#include <gtest/gtest.h>

#include "traceql/metrics/testing/example_spans.h"
#include "traceql/testing/golden.h"

namespace clew::traceql::metrics {
namespace {

TEST(GoldenResults, EveryQueryOfTheCatalogueGivesTheSeriesBelowIt) {
  const testing::Traces spans = testing::Catalogue();
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
