#include "traceql/metrics/arithmetic.h"

#include <gtest/gtest.h>

#include <string>

#include "traceql/metrics/testing/example_spans.h"

namespace clew::traceql::metrics {
namespace {

using model::StatusCode;

/// get: 2, 1, 1 spans; pay: 1, 0, 1, which fail; add: 0, 1, 0, and other services.
const testing::Traces& Shop() {
  static const testing::Traces traces = testing::MakeTraces({
      {.trace = "a", .start = 101, .duration = 1, .name = "get"},
      {.trace = "a", .start = 102, .duration = 3, .name = "get"},
      {.trace = "a", .start = 103, .duration = 5, .name = "pay", .status = StatusCode::kError},
      {.trace = "a", .start = 111, .duration = 7, .name = "get"},
      {.trace = "a", .start = 112, .duration = 9, .name = "add", .service = "bank"},
      {.trace = "a", .start = 121, .duration = 2, .name = "get"},
      {.trace = "a", .start = 122, .duration = 4, .name = "pay", .status = StatusCode::kError},
  });
  return traces;
}

std::string Ask(const std::string& query) {
  return testing::Describe(testing::Ask(query, Shop(), testing::Range(100, 130, 10)));
}

TEST(Arithmetic, SeriesWithoutGroupsGoTogether) {
  EXPECT_EQ(Ask("({ status = error } | count_over_time()) / ({ } | count_over_time())"),
            R"s({__name__="(count_over_time / count_over_time)"} 110:0.333333 120:0 130:0.5)s");
  EXPECT_EQ(Ask("({ } | rate()) + ({ } | count_over_time())"),
            R"s({__name__="(rate + count_over_time)"} 110:3.3 120:2.2 130:2.2)s");
  EXPECT_EQ(Ask("({ } | count_over_time()) - ({ } | rate()) - ({ } | count_over_time())"),
            R"s({__name__="((count_over_time - rate) - count_over_time)"} 110:-0.3 120:-0.2 )s"
            "130:-0.2");
  EXPECT_EQ(Ask("({ } | count_over_time()) * ({ } | max_over_time(duration))"),
            R"s({__name__="(count_over_time * max_over_time)"} 110:15 120:18 130:8)s");
  EXPECT_EQ(Ask("({ } | max_over_time(duration)) + ({ } | rate()) * ({ } | count_over_time())"),
            R"s({__name__="(max_over_time + (rate * count_over_time))"} 110:5.9 120:9.4 130:4.4)s");
}

TEST(Arithmetic, SeriesWithTheSameLabelsGoTogether) {
  EXPECT_EQ(Ask("({ status = error } | count_over_time() by (name)) / "
                "({ } | count_over_time() by (name))"),
            "{name=\"pay\"} 110:1 130:1");
  EXPECT_EQ(Ask("({ name != \"pay\" } | max_over_time(duration) by (name, resource.service.name)) "
                "- ({ name != \"get\" } | min_over_time(duration) by (resource.service.name, "
                "name))"),
            "{name=\"add\", resource.service.name=\"bank\"} 120:0");
  EXPECT_EQ(Ask("({ } | count_over_time() by (name)) - ({ } | count_over_time() by (kind))"), "");
}

TEST(Arithmetic, ASideWithoutGroupsGoesWithEachOfTheOther) {
  EXPECT_EQ(Ask("({ } | count_over_time() by (name)) / ({ } | count_over_time())"),
            "{name=\"add\"} 110:0 120:0.5 130:0\n{name=\"get\"} 110:0.666667 120:0.5 130:0.5\n"
            "{name=\"pay\"} 110:0.333333 120:0 130:0.5");
  EXPECT_EQ(Ask("({ } | count_over_time()) - ({ } | count_over_time() by (name))"),
            "{name=\"add\"} 110:3 120:1 130:2\n{name=\"get\"} 110:1 120:1 130:1\n"
            "{name=\"pay\"} 110:2 120:2 130:1");
  EXPECT_EQ(Ask("({ } | quantile_over_time(duration, 0, 1)) - ({ } | min_over_time(duration))"),
            "{p=0.0} 110:0 120:0 130:0\n{p=1.0} 110:4 120:2 130:2");
}

TEST(Arithmetic, NumbersGoWithEachPoint) {
  EXPECT_EQ(Ask("({ } | rate()) * 100"), R"s({__name__="(rate * 100)"} 110:30 120:20 130:20)s");
  EXPECT_EQ(Ask("10 - ({ } | rate() by (name))"),
            "{name=\"add\"} 110:10 120:9.9 130:10\n{name=\"get\"} 110:9.8 120:9.9 130:9.9\n"
            "{name=\"pay\"} 110:9.9 120:10 130:9.9");
  EXPECT_EQ(Ask("({ } | count_over_time()) * -0.5"),
            R"s({__name__="(count_over_time * -0.5)"} 110:-1.5 120:-1 130:-1)s");
  EXPECT_EQ(Ask("1 / 2 * ({ } | count_over_time())"),
            R"s({__name__="(0 * count_over_time)"} 110:0 120:0 130:0)s");
}

TEST(Arithmetic, WhatIsDividedByZeroHasNoPoint) {
  EXPECT_EQ(Ask("10 / ({ name = \"add\" } | count_over_time())"),
            R"s({__name__="(10 / count_over_time)"} 120:10)s");
  EXPECT_EQ(Ask("({ } | rate()) / 0"), "");
  EXPECT_EQ(Ask("(10 / ({ name = \"add\" } | count_over_time())) + ({ } | count_over_time())"),
            R"s({__name__="((10 / count_over_time) + count_over_time)"} 120:12)s");
}

TEST(Arithmetic, EachSideHasItsOwnSecondStages) {
  EXPECT_EQ(Ask("({ } | count_over_time() > 2) * 100 > 5"),
            R"s({__name__="(count_over_time * 100)"} 110:300)s");
  EXPECT_EQ(Ask("({ } | count_over_time() by (name) | topk(1)) / ({ } | count_over_time())"),
            "{name=\"add\"} 120:0.5\n{name=\"get\"} 110:0.666667 130:0.5");
  EXPECT_EQ(Ask("({ } | count_over_time() by (name)) / ({ } | count_over_time()) | bottomk(1)"),
            "{name=\"add\"} 110:0 130:0\n{name=\"pay\"} 120:0");
}

}  // namespace
}  // namespace clew::traceql::metrics
