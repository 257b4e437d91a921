#include "traceql/metrics/accumulator.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <string>
#include <vector>

namespace clew::traceql::metrics {
namespace {

using evaluate::Value;
using Kind = Function::Kind;

constexpr std::uint32_t kNone = TimeRange::kNoBucket;

std::string Describe(const Accumulator& accumulator) {
  Meter meter(1 << 20);
  const Result<Table> table = accumulator.ToTable(10, {}, &meter);
  std::string text;
  for (const Row& row : table.value()) {
    text += LabelText(row.labels);
    for (const double value : row.values) text += fmt::format(" {:g}", value);
    text += '\n';
  }
  return text;
}

TEST(Accumulator, TakesColumnsOfWhoeverScans) {
  Meter meter(1 << 20);
  Accumulator counts({.kind = Kind::kCountOverTime, .by = {"name", "n"}}, 3, &meter);
  const std::vector<Value> first = {Value::String("get"), Value::Int(1)};
  const std::vector<Value> second = {Value::String("get"), Value()};
  const std::vector<Value> unused = {Value::String("x"), Value()};
  EXPECT_EQ(counts.GroupOf(first), 0);
  EXPECT_EQ(counts.GroupOf(second), 1);
  EXPECT_EQ(counts.GroupOf(unused), 2);
  EXPECT_EQ(counts.GroupOf(first), 0);
  EXPECT_EQ(counts.group_count(), 3);
  const std::vector<std::uint32_t> buckets = {0, 2, kNone, 0, 1};
  const std::vector<Group> groups = {0, 1, 0, 0, 1};
  ASSERT_TRUE(counts.Add({.buckets = buckets, .groups = groups}).has_value());
  ASSERT_TRUE(counts.AddCount(1, 0, 1'000'000).has_value());
  EXPECT_EQ(Describe(counts), "{name=\"get\", n=1} 2 1e+06 0\n{name=\"get\"} 0 1 1\n");
}

TEST(Accumulator, WithoutGroupsNeedsNone) {
  Meter meter(1 << 20);
  Accumulator rates({.kind = Kind::kRate}, 2, &meter);
  EXPECT_EQ(Describe(rates), "{__name__=\"rate\"} 0 0\n");
  const std::vector<std::uint32_t> buckets = {0, 0, 1};
  const std::vector<double> weights = {1, 2.5, 1};
  ASSERT_TRUE(rates.Add({.buckets = buckets, .weights = weights}).has_value());
  ASSERT_TRUE(rates.AddCount(1, 0, 4).has_value());
  EXPECT_EQ(Describe(rates), "{__name__=\"rate\"} 0.35 0.5\n");
  EXPECT_TRUE(rates.is_weighted());
}

TEST(Accumulator, LeavesOutWhatIsNoNumber) {
  const std::vector<std::uint32_t> buckets = {0, 0, 0, 0, kNone};
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  const std::vector<double> values = {2, std::nan(""), kInfinity, -kInfinity, 5};
  for (const Kind kind : {Kind::kSumOverTime, Kind::kMinOverTime, Kind::kMaxOverTime,
                          Kind::kAvgOverTime, Kind::kQuantileOverTime, Kind::kHistogramOverTime}) {
    Meter meter(1 << 20);
    Accumulator accumulator({.kind = kind, .quantiles = {0.5}}, 1, &meter);
    ASSERT_TRUE(accumulator.Add({.buckets = buckets, .values = values}).has_value());
    Meter table_meter(1 << 20);
    const auto table = accumulator.ToTable(1, {}, &table_meter);
    ASSERT_EQ(table->size(), 1);
    const double expected = kind == Kind::kHistogramOverTime ? 1 : 2;
    EXPECT_EQ(table->front().values, std::vector<double>{expected});
  }
}

TEST(Accumulator, SumsKeepWhatRoundingWouldLose) {
  Meter meter(1 << 20);
  Accumulator sums({.kind = Kind::kSumOverTime}, 1, &meter);
  const std::vector<std::uint32_t> buckets = {0, 0, 0, 0};
  const std::vector<double> values = {1, 1e100, 1, -1e100};
  ASSERT_TRUE(sums.Add({.buckets = buckets, .values = values}).has_value());
  EXPECT_EQ(Describe(sums), "{__name__=\"sum_over_time\"} 2\n");
}

TEST(Accumulator, GroupsWithFewSpansAreSmall) {
  Meter meter(1 << 30);
  Accumulator counts({.kind = Kind::kRate, .by = {"n"}}, 10'000, &meter);
  for (std::int64_t i = 0; i < 200; ++i) {
    const Value value = Value::Int(i);
    const auto group = counts.GroupOf({&value, 1});
    ASSERT_TRUE(counts.AddCount(static_cast<std::uint32_t>(i), *group, 1).has_value());
  }
  EXPECT_LT(meter.bytes(), 1'200'000);
}

TEST(Accumulator, DoesNotMakeATableThatIsTooLarge) {
  Meter meter(1 << 20);
  Accumulator counts({.kind = Kind::kRate}, 1'000, &meter);
  Meter small(1'000);
  ASSERT_TRUE(counts.AddCount(0, 0, 1).has_value());
  EXPECT_EQ(counts.ToTable(1, {}, &small).error().code, Code::kResourceExhausted);
}

}  // namespace
}  // namespace clew::traceql::metrics
