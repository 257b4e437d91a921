#include "traceql/metrics/attribute_counts.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <deque>
#include <random>
#include <string>
#include <vector>

namespace clew::traceql::metrics {
namespace {

using evaluate::Value;

std::vector<std::string> Describe(const AttributeCounts& counts, std::size_t value_count = 10) {
  Meter meter(1 << 20);
  const Result<Table> table = counts.ToTable(value_count, &meter);
  std::vector<std::string> lines;
  for (const Row& row : table.value()) {
    std::string line = LabelText(row.labels);
    for (const double value : row.values) line += fmt::format(" {:g}", value);
    lines.push_back(std::move(line));
  }
  std::ranges::sort(lines);
  return lines;
}

using Lines = std::vector<std::string>;

void Add(AttributeCounts* counts, const AttributeCounts::Subject& span, const Value& value) {
  counts->Begin(span);
  const auto attribute = counts->AttributeOf("x");
  ASSERT_TRUE(counts->Count(attribute.value(), value).has_value());
}

TEST(AttributeCounts, KeepTheTwoSidesApart) {
  Meter meter(1 << 20);
  AttributeCounts counts(2, 100, &meter);
  Add(&counts, {.bucket = 0}, Value::String("a"));
  Add(&counts, {.bucket = 1}, Value::String("a"));
  Add(&counts, {.bucket = 1, .is_selected = true}, Value::String("a"));
  Add(&counts, {.bucket = 0, .is_selected = true, .weight = 5}, Value::Int(7));
  Add(&counts, {.bucket = 0}, Value());
  EXPECT_EQ(Describe(counts), (Lines{
                                  R"({__meta_type="baseline", x="a"} 1 1)",
                                  R"({__meta_type="baseline_total", x="nil"} 1 1)",
                                  R"({__meta_type="selection", x="a"} 0 1)",
                                  R"({__meta_type="selection", x=7} 5 0)",
                                  R"({__meta_type="selection_total", x="nil"} 5 1)",
                              }));
  EXPECT_TRUE(counts.is_weighted());
}

TEST(AttributeCounts, CountASpanOnceForAValueAndAnAttribute) {
  Meter meter(1 << 20);
  AttributeCounts counts(1, 100, &meter);
  counts.Begin({});
  const std::uint32_t attribute = counts.AttributeOf("event:name").value();
  for (const char* const name : {"a", "b", "a"}) {
    ASSERT_TRUE(counts.Count(attribute, Value::String(name)).has_value());
  }
  EXPECT_EQ(Describe(counts), (Lines{
                                  R"({__meta_type="baseline", event:name="a"} 1)",
                                  R"({__meta_type="baseline", event:name="b"} 1)",
                                  R"({__meta_type="baseline_total", event:name="nil"} 1)",
                              }));
}

TEST(AttributeCounts, ShowTheValuesOfMostSpans) {
  Meter meter(1 << 20);
  AttributeCounts counts(1, 100, &meter);
  for (const std::int64_t value : {4, 3, 2, 2, 3, 2, 1}) Add(&counts, {}, Value::Int(value));
  // Of equal ones the first.
  EXPECT_EQ(Describe(counts, 3), (Lines{
                                     R"({__meta_type="baseline", x=1} 1)",
                                     R"({__meta_type="baseline", x=2} 3)",
                                     R"({__meta_type="baseline", x=3} 2)",
                                     R"({__meta_type="baseline_total", x="nil"} 7)",
                                 }));
}

TEST(AttributeCounts, ShowNoValuesWhereThereAreTooMany) {
  Meter meter(1 << 20);
  AttributeCounts counts(1, 3, &meter);
  for (std::int64_t value = 0; value < 3; ++value) Add(&counts, {}, Value::Int(value));
  EXPECT_EQ(Describe(counts).size(), 4);
  const std::uint64_t bytes = meter.bytes();
  for (std::int64_t value = 0; value < 1'000; ++value) Add(&counts, {}, Value::Int(value));
  const Lines lines = {
      R"({__meta_type="baseline", __meta_error="__too_many_values__", x="nil"} 1003)",
      R"({__meta_type="baseline_total", x="nil"} 1003)",
  };
  EXPECT_EQ(Describe(counts), lines);
  // What was known of values is forgotten.
  EXPECT_LT(meter.bytes(), bytes);
}

TEST(AttributeCounts, PartsAreTheWholeWhenMerged) {
  std::mt19937_64 random(1);
  constexpr std::size_t kLimits[] = {50, 20, 5};
  for (const std::size_t values_max : kLimits) {
    Meter meter(1 << 24);
    AttributeCounts whole(3, values_max, &meter);
    std::deque<AttributeCounts> parts;
    for (int i = 0; i < 3; ++i) parts.emplace_back(3, values_max, &meter);
    for (int i = 0; i < 500; ++i) {
      const AttributeCounts::Subject span = {.bucket = static_cast<std::uint32_t>(random() % 3),
                                             .is_selected = random() % 3 == 0};
      const Value value = Value::Int(static_cast<std::int64_t>(random() % 30));
      Add(&whole, span, value);
      Add(&parts[random() % 3], span, value);
    }
    ASSERT_TRUE(parts[1].Merge(parts[2]).has_value());
    ASSERT_TRUE(parts[0].Merge(parts[1]).has_value());
    EXPECT_EQ(Describe(parts[0], 30), Describe(whole, 30)) << values_max;
  }
}

TEST(AttributeCounts, FailWhenThereIsNoMemory) {
  Meter meter(1'000);
  AttributeCounts counts(1, 100, &meter);
  counts.Begin({});
  Status status;
  for (std::int64_t i = 0; i < 100 && status; ++i) {
    const auto attribute = counts.AttributeOf("x");
    status = attribute ? counts.Count(*attribute, Value::Int(i))
                       : Status(std::unexpected(attribute.error()));
  }
  ASSERT_FALSE(status.has_value());
  EXPECT_EQ(status.error().code, Code::kResourceExhausted);
}

}  // namespace
}  // namespace clew::traceql::metrics
