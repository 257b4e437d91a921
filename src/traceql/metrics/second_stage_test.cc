#include "traceql/metrics/second_stage.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <utility>
#include <vector>

#include "traceql/metrics/cells.h"
#include "traceql/parse.h"

namespace clew::traceql::metrics {
namespace {

constexpr double kNone = kNoValue;

Table Letters() {
  const std::pair<const char*, std::vector<double>> rows[] = {
      {"d", {1, 5, kNone, 2}},
      {"a", {2, 5, kNone, 2}},
      {"c", {3, 5, 1, -2}},
      {"b", {4, kNone, kNone, 2}},
  };
  Table table;
  for (const auto& [name, values] : rows) {
    table.push_back({.labels = {{"x", {std::string(name)}}}, .values = values});
  }
  return table;
}

/// What is left of the letters behind `{ } | rate()` and this: `a 2 - 1`.
std::string Left(const std::string& seconds) {
  const Query query = Parse("{ } | rate() " + seconds).value();
  Table table = Letters();
  for (const SecondStage& stage : query.metrics->seconds) Apply(stage, &table);
  std::string text;
  for (const Row& row : table) {
    if (!text.empty()) text += ", ";
    text += std::get<std::string>(row.labels[0].value.data);
    for (const double value : row.values) {
      text += std::isnan(value) ? " -" : fmt::format(" {:g}", value);
    }
  }
  return text;
}

TEST(SecondStage, DropsPointsThatDoNotCompareSo) {
  EXPECT_EQ(Left("> 3"), "d - 5 - -, a - 5 - -, c - 5 - -, b 4 - - -");
  EXPECT_EQ(Left(">= 4"), "d - 5 - -, a - 5 - -, c - 5 - -, b 4 - - -");
  EXPECT_EQ(Left("< 1"), "c - - - -2");
  EXPECT_EQ(Left("<= 1"), "d 1 - - -, c - - 1 -2");
  EXPECT_EQ(Left("= 2"), "d - - - 2, a 2 - - 2, b - - - 2");
  EXPECT_EQ(Left("!= 2"), "d 1 5 - -, a - 5 - -, c 3 5 1 -2, b 4 - - -");
  EXPECT_EQ(Left("> 2500ms"), "d - 5 - -, a - 5 - -, c 3 5 - -, b 4 - - -");
  EXPECT_EQ(Left("> 7 / 2"), "d - 5 - -, a - 5 - -, c - 5 - -, b 4 - - -");
  EXPECT_EQ(Left("> 9"), "");
}

TEST(SecondStage, KeepsTheLargestAndSmallestOfEachStep) {
  // Of equal ones those whose labels come first.
  EXPECT_EQ(Left("| topk(1)"), "a - 5 - 2, c - - 1 -, b 4 - - -");
  EXPECT_EQ(Left("| topk(2)"), "a - 5 - 2, c 3 5 1 -, b 4 - - 2");
  EXPECT_EQ(Left("| bottomk(1)"), "d 1 - - -, a - 5 - -, c - - 1 -2");
  EXPECT_EQ(Left("| bottomk(2)"), "d 1 - - -, a 2 5 - 2, c - 5 1 -2");
  EXPECT_EQ(Left("| topk(4)"), Left("| topk(100)"));
  EXPECT_EQ(Left("| topk(4)"), "d 1 5 - 2, a 2 5 - 2, c 3 5 1 -2, b 4 - - 2");
}

TEST(SecondStage, OneFollowsTheOther) {
  EXPECT_EQ(Left("< 5 | topk(1)"), "a - - - 2, c - - 1 -, b 4 - - -");
  EXPECT_EQ(Left("| topk(1) < 5"), "a - - - 2, c - - 1 -, b 4 - - -");
  EXPECT_EQ(Left("| topk(2) | bottomk(1)"), "a - 5 - 2, c 3 - 1 -");
  EXPECT_EQ(Left("> 9 | topk(1) | bottomk(1)"), "");
}

}  // namespace
}  // namespace clew::traceql::metrics
