#include <gtest/gtest.h>

#include "traceql/evaluate/testing/example_trace.h"
#include "traceql/testing/golden.h"

namespace clew::traceql::evaluate {
namespace {

TEST(GoldenResults, EveryQueryOfTheCatalogueFindsWhatStandsBelowIt) {
  const testing::ExampleTrace shop = testing::Shop();
  const auto cases = ReadGolden("traceql_results/search.txt");
  for (const GoldenCase& each : cases) {
    const std::string found = shop.Find(each.query);
    EXPECT_EQ(found.empty() ? "(nothing)" : found, each.outcome) << each.query;
  }
  EXPECT_GE(cases.size(), 190u);
}

}  // namespace
}  // namespace clew::traceql::evaluate
