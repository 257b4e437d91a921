#include "scan/comparison.h"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <limits>
#include <utility>

namespace clew::scan {
namespace {

using expr::Literal;
using expr::Op;
using model::ValueType;

constexpr std::int64_t kLowest = std::numeric_limits<std::int64_t>::min();
constexpr std::int64_t kHighest = std::numeric_limits<std::int64_t>::max();
// The first whole number that no double is.
constexpr std::int64_t kNoDouble = 9'007'199'254'740'993;

StoredValue Int(std::int64_t number) { return {.type = ValueType::kInt, .number = number}; }
StoredValue Double(double number) {
  return {.type = ValueType::kDouble, .number = std::bit_cast<std::int64_t>(number)};
}
StoredValue Text(std::string_view text) { return {.type = ValueType::kString, .text = text}; }

bool HoldsFor(const expr::Expression& comparison, const StoredValue& value) {
  const ValueTest test = TestOf(comparison, model::Owner::kSpan);
  const bool holds = test.Holds(value);
  if (test.ints && value.type == ValueType::kInt) {
    EXPECT_EQ(holds, test.ints->least <= value.number && value.number <= test.ints->most);
  }
  return holds;
}

/// "<", "=", ">", or "" when there is no order. The operators agree on it.
std::string OrderOf(const StoredValue& value, const Literal& literal) {
  std::string order;
  const auto holds = [&](Op op) {
    return HoldsFor(Compare(op, expr::Attribute(expr::Scope::kSpan, "k"), literal), value);
  };
  if (holds(Op::kLess)) order += "<";
  if (holds(Op::kEqual)) order += "=";
  if (holds(Op::kGreater)) order += ">";
  EXPECT_EQ(holds(Op::kLessOrEqual), order == "<" || order == "=");
  EXPECT_EQ(holds(Op::kGreaterOrEqual), order == ">" || order == "=");
  return order;
}

std::string OrderOf(const StoredValue& value, std::string literal) {
  return OrderOf(value, Literal::Untyped(std::move(literal)));
}

TEST(Comparison, OfWholeNumbersWithOthersIsExact) {
  EXPECT_EQ(OrderOf(Int(kHighest), "9223372036854775807"), "=");
  EXPECT_EQ(OrderOf(Int(kHighest), "9223372036854775808"), "<");
  EXPECT_EQ(OrderOf(Int(kHighest), "9223372036854775807.0"), "<");
  EXPECT_EQ(OrderOf(Int(kHighest), "1e300"), "<");
  EXPECT_EQ(OrderOf(Int(kHighest), "inf"), "<");
  EXPECT_EQ(OrderOf(Int(kLowest), "-9223372036854775808.0"), "=");
  EXPECT_EQ(OrderOf(Int(kLowest), "-1e19"), ">");
  EXPECT_EQ(OrderOf(Int(kLowest), "-9223372036854775808"), "=");
  EXPECT_EQ(OrderOf(Int(kLowest), "-9223372036854775809"), ">");
  EXPECT_EQ(OrderOf(Int(kLowest), "-18446744073709551616"), ">");
  EXPECT_EQ(OrderOf(Int(kLowest), "-inf"), ">");
  EXPECT_EQ(OrderOf(Int(kNoDouble), "9007199254740992.0"), ">");
  EXPECT_EQ(OrderOf(Int(kNoDouble - 1), "9007199254740992.0"), "=");
  EXPECT_EQ(OrderOf(Int(-kNoDouble), "-9007199254740992.0"), "<");
  EXPECT_EQ(OrderOf(Int(2), "2.5"), "<");
  EXPECT_EQ(OrderOf(Int(3), "2.5"), ">");
  EXPECT_EQ(OrderOf(Int(-2), "-2.5"), ">");
  EXPECT_EQ(OrderOf(Int(-3), "-2.5"), "<");
  EXPECT_EQ(OrderOf(Int(0), "-0.0"), "=");
  EXPECT_EQ(OrderOf(Int(0), "nan"), "");
  EXPECT_EQ(OrderOf(Int(5), "+5.0"), "=");
}

TEST(Comparison, OfDoublesWithWholeNumbersIsExact) {
  EXPECT_EQ(OrderOf(Double(0x1p63), "9223372036854775807"), ">");
  EXPECT_EQ(OrderOf(Double(-0x1p63), "-9223372036854775808"), "=");
  EXPECT_EQ(OrderOf(Double(-0x1p63), "-9223372036854775809"), ">");
  EXPECT_EQ(OrderOf(Double(-0x1p64), "-9223372036854775809"), "<");
  EXPECT_EQ(OrderOf(Double(std::nan("")), "-9223372036854775809"), "");
  EXPECT_EQ(OrderOf(Double(0x1p53), "9007199254740993"), "<");
  EXPECT_EQ(OrderOf(Double(2.5), "+2"), ">");
  EXPECT_EQ(OrderOf(Double(2.5), "+2.5"), "=");
  EXPECT_EQ(OrderOf(Double(std::nan("")), "2"), "");
  EXPECT_EQ(OrderOf(Double(0x1p53), Literal::Double(0x1p53)), "=");
  EXPECT_EQ(OrderOf(Double(0x1p53), Literal::Int(std::int64_t{1} << 53)), "");
}

TEST(Comparison, OfTwoStoredNumbersIsExact) {
  EXPECT_TRUE(Holds(Op::kLess, Int(kHighest), Double(0x1p63)));
  EXPECT_TRUE(Holds(Op::kGreater, Double(0x1p63), Int(kHighest)));
  EXPECT_FALSE(Holds(Op::kEqual, Int(kNoDouble), Double(0x1p53)));
  EXPECT_TRUE(Holds(Op::kGreater, Int(kNoDouble), Double(0x1p53)));
  EXPECT_TRUE(Holds(Op::kLess, Double(0x1p53), Int(kNoDouble)));
  EXPECT_TRUE(Holds(Op::kEqual, Double(2), Int(2)));
  EXPECT_TRUE(Holds(Op::kEqual, Double(2.5), Double(2.5)));
  EXPECT_FALSE(Holds(Op::kGreaterOrEqual, Int(0), Double(std::nan(""))));
}

TEST(Comparison, WhatIsShownIsReadAsLiteralsAre) {
  const auto is_shown = [](std::string text, const StoredValue& value) {
    return HoldsFor(ShownAs(expr::Attribute(expr::Scope::kSpan, "k"), std::move(text)), value);
  };
  EXPECT_TRUE(is_shown("5", Int(5)));
  EXPECT_TRUE(is_shown("+5", Int(5)));
  EXPECT_TRUE(is_shown("+1.50", Double(1.5)));
  EXPECT_FALSE(is_shown("+-5", Int(-5)));
  EXPECT_FALSE(is_shown("", Int(0)));
}

TEST(Comparison, PatternsAreFoundInWhatIsShown) {
  const auto is_found = [](const char* pattern, const StoredValue& value) {
    return HoldsFor(
        Matches(expr::Attribute(expr::Scope::kSpan, "k"), expr::Pattern::Compile(pattern).value()),
        value);
  };
  EXPECT_TRUE(is_found("a\uFFFDb", Text("a\xFF"
                                        "b")));
  EXPECT_TRUE(is_found("a.b", Text("a\xFF"
                                   "b")));
  EXPECT_TRUE(is_found("a\uFFFDb", Text("a\uFFFDb")));
  EXPECT_FALSE(is_found("a\uFFFDb", Text("ab")));
}

}  // namespace
}  // namespace clew::scan
