#include "traceql/metrics/span_weight.h"

#include <gtest/gtest.h>

#include <limits>
#include <optional>

namespace clew::traceql::metrics {
namespace {

using evaluate::Value;

TEST(SpanWeight, IsOneThroughTheProbabilityOfTheThreshold) {
  struct Case {
    const char* trace_state;
    std::optional<double> weight;
  };
  const Case cases[] = {
      {"ot=th:0", 1.0},
      {"ot=th:8", 2.0},
      {"ot=th:c", 4.0},
      {"ot=th:C", 4.0},
      {"ot=th:e", 8.0},
      {"ot=th:fd70a", 99.9977112},  // 1 %, in five digits
      {"ot=th:80000000000000", 2.0},
      {"ot=th:ffffffffffffff", 72057594037927936.0},
      {"ot=rv:abcdefabcdefab;th:c", 4.0},
      {"ot=th:c;rv:abcdefabcdefab", 4.0},
      {"vendor=x, ot=th:c", 4.0},
      {"vendor=th:8 ,\tot=th:c ,other=y", 4.0},
      {"", std::nullopt},
      {"ot=", std::nullopt},
      {"ot=rv:abcdefabcdefab", std::nullopt},
      {"vendor=th:c", std::nullopt},
      {"xot=th:c", std::nullopt},
      {"ot=th:", std::nullopt},
      {"ot=th:g", std::nullopt},
      {"ot=th:c0x", std::nullopt},
      {"ot=th:-1", std::nullopt},
      {"ot=th:800000000000000", std::nullopt},
  };
  for (const Case& c : cases) {
    const std::optional<double> weight = WeightOfTraceState(c.trace_state);
    ASSERT_EQ(weight.has_value(), c.weight.has_value()) << c.trace_state;
    if (!weight) continue;
    EXPECT_NEAR(*weight, *c.weight, *c.weight * 1e-6) << c.trace_state;
  }
}

TEST(SpanWeight, OfARateIsANumberThatIsNotLessThanOne) {
  EXPECT_EQ(WeightOfSampleRate(Value::Int(10)), 10);
  EXPECT_EQ(WeightOfSampleRate(Value::Float(2.5)), 2.5);
  EXPECT_EQ(WeightOfSampleRate(Value::Int(1)), 1);
  EXPECT_EQ(WeightOfSampleRate(Value::Int(0)), std::nullopt);
  EXPECT_EQ(WeightOfSampleRate(Value::Float(0.5)), std::nullopt);
  EXPECT_EQ(WeightOfSampleRate(Value::Float(std::numeric_limits<double>::infinity())),
            std::nullopt);
  EXPECT_EQ(WeightOfSampleRate(Value::String("10")), std::nullopt);
  EXPECT_EQ(WeightOfSampleRate(Value::Duration(10)), std::nullopt);
  EXPECT_EQ(WeightOfSampleRate({}), std::nullopt);
}

TEST(SpanWeight, TheThresholdComesBeforeTheRate) {
  EXPECT_EQ(WeightOf("ot=th:8", Value::Int(10)), 2);
  EXPECT_EQ(WeightOf("ot=rv:abcdefabcdefab", Value::Int(10)), 10);
  EXPECT_EQ(WeightOf("", {}), 1);
}

}  // namespace
}  // namespace clew::traceql::metrics
