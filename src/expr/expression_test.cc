#include "expr/expression.h"

#include <gtest/gtest.h>

#include <limits>

#include "expr/print.h"

namespace clew::expr {
namespace {

const Reference kDuration = Of(Field::kDuration);

TEST(Expression, GroupsOfOneKindAreOneGroup) {
  const Expression a = Exists(Attribute(Scope::kSpan, "a"));
  const Expression b = Exists(Attribute(Scope::kResource, "b c"));
  EXPECT_EQ(Print(And({a})), "span.a exists");
  EXPECT_EQ(Print(And({And({a, b}), a})),
            R"(span.a exists && resource."b c" exists && span.a exists)");
  EXPECT_EQ(Print(Or({And({a, b}), False()})), R"(span.a exists && resource."b c" exists)");
  EXPECT_EQ(Print(Or({And({a, b}), Not(True()), a})),
            R"((span.a exists && resource."b c" exists) || !(true) || span.a exists)");
}

TEST(Expression, IsPrintedAsPeopleReadIt) {
  EXPECT_EQ(Print(Compare(Op::kLess, kDuration, Literal::Int(5))), "span:duration < 5");
  EXPECT_EQ(Print(Compare(Op::kEqual, Attribute(Scope::kAny, "k"), Literal::String("a\"b"))),
            R"(any.k = "a\"b")");
  EXPECT_EQ(
      Print(IsOneOf(Of(Field::kKind), {Literal::String("client"), Literal::String("server")})),
      R"(span:kind in ("client", "server"))");
  EXPECT_EQ(Print(Differs(Compare(Op::kEqual, Of(Field::kStart), Of(Field::kEventTime)))),
            "span:start exists && event:time exists && !(span:start = event:time)");
  EXPECT_EQ(Print(Some(model::Owner::kLink, ShownAs(Attribute(Scope::kLink, "k"), "1"))),
            R"(some link (link.k shown as "1"))");
}

TEST(Expression, TellsTheLeastNumberThatItAsksFor) {
  const auto at_least = [](std::int64_t number) {
    return Compare(Op::kGreaterOrEqual, kDuration, Literal::Int(number));
  };
  EXPECT_EQ(LeastOf(True(), Field::kDuration), std::nullopt);
  EXPECT_EQ(LeastOf(at_least(5), Field::kDuration), 5);
  EXPECT_EQ(LeastOf(at_least(5), Field::kStart), std::nullopt);
  EXPECT_EQ(LeastOf(Compare(Op::kGreater, kDuration, Literal::Int(5)), Field::kDuration), 6);
  constexpr std::int64_t kMost = std::numeric_limits<std::int64_t>::max();
  EXPECT_EQ(LeastOf(Compare(Op::kGreater, kDuration, Literal::Int(kMost)), Field::kDuration),
            kMost);
  EXPECT_EQ(LeastOf(And({at_least(5), at_least(7), Exists(kDuration)}), Field::kDuration), 7);
  EXPECT_EQ(LeastOf(IsOneOf(kDuration, {Literal::Int(9), Literal::Int(3)}), Field::kDuration), 3);
  EXPECT_EQ(LeastOf(Or({at_least(5), True()}), Field::kDuration), std::nullopt);
  EXPECT_EQ(LeastOf(Not(at_least(5)), Field::kDuration), std::nullopt);
}

TEST(Literal, IsANumberWhenItReadsAsOne) {
  EXPECT_EQ(Literal::Untyped("+5").integer, 5);
  EXPECT_EQ(Literal::Untyped("+5").real, 5);
  EXPECT_EQ(Literal::Untyped("+2.50").real, 2.5);
  EXPECT_EQ(Literal::Untyped("+-5").integer, std::nullopt);
  EXPECT_EQ(Literal::Untyped("+-5").real, std::nullopt);
  EXPECT_EQ(Literal::Untyped("2.50").real, 2.5);
  EXPECT_EQ(Literal::Untyped("2.50").integer, std::nullopt);
  EXPECT_EQ(Literal::Untyped("5x").integer, std::nullopt);
  EXPECT_EQ(Literal::Untyped("9223372036854775808").integer, std::nullopt);
  EXPECT_FALSE(Literal::Untyped("9223372036854775808").is_below_ints);
  EXPECT_TRUE(Literal::Untyped("-9223372036854775809").is_below_ints);
  EXPECT_FALSE(Literal::Untyped("-9223372036854775808").is_below_ints);
  EXPECT_FALSE(Literal::Untyped("-9223372036854775809x").is_below_ints);
}

}  // namespace
}  // namespace clew::expr
