#include "expr/check.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <utility>
#include <vector>

namespace clew::expr {
namespace {

using ::testing::HasSubstr;

const Reference kAttribute = Attribute(Scope::kSpan, "a");
const Reference kDuration = Of(Field::kDuration);
const Reference kKind = Of(Field::kKind);
const Reference kName = Of(Field::kName);
const Literal kInt = Literal::Int(5);
const Literal kText = Literal::String("five");

TEST(Check, TakesWhatIsMadeByFunctions) {
  const auto pattern = *Pattern::Compile("a.c");
  const Expression exists = Exists(kAttribute);
  const std::vector<Expression> sound = {
      True(),
      False(),
      And({exists, Or({exists, Not(exists)})}),
      Some(model::Owner::kEvent, And({exists, Matches(Of(Field::kEventName), pattern)})),
      And({Some(model::Owner::kEvent, exists), Some(model::Owner::kLink, exists)}),
      IsOneOf(kKind, {Literal::String("client"), Literal::String("server")}),
      ShownAs(kDuration, "5"),
      Differs(Compare(Op::kEqual, kName, kText)),
      Compare(Op::kLess, kDuration, kInt),
      Compare(Op::kLess, kDuration, Literal::Double(5.5)),
      Compare(Op::kEqual, kDuration, Literal::Untyped("5")),
      Compare(Op::kGreater, kAttribute, kText),
      Compare(Op::kGreater, kAttribute, kDuration),
      Compare(Op::kEqual, kName, kInt),  // as where an attribute is shown that is a field
      Compare(Op::kEqual, Of(Field::kStart), Of(Field::kEnd)),
      Compare(Op::kEqual, Of(Field::kSpanId), Of(Field::kLinkSpanId)),
  };
  for (const Expression& expression : sound) {
    const Status status = Check(expression);
    EXPECT_TRUE(status.has_value()) << &expression - sound.data() << status.error().message;
  }
}

TEST(Check, RefusesWhatEvaluationCannotDo) {
  Expression named_twice = Compare(Op::kEqual, kName, kText);
  named_twice.references[0].key = "a";
  Expression elsewhere = Compare(Op::kEqual, kName, kText);
  elsewhere.references[0].scope = Scope::kLink;
  const std::vector<std::pair<Expression, const char*>> cases = {
      {{.op = Op::kNot}, "take one condition"},
      {{.op = Op::kNot, .operands = {True(), True()}}, "take one condition"},
      {{.op = Op::kAnd, .literals = {kInt}}, "join conditions"},
      {Some(model::Owner::kResource, True()), "of events or links"},
      {Some(model::Owner::kEvent, Not(Some(model::Owner::kLink, True()))), "inside of another"},
      {{.op = Op::kExists}, "a comparison is of an attribute or field"},
      {{.op = Op::kExists, .references = {kName, kName}},
       "a comparison is of an attribute or field"},
      {{.op = Op::kShownAs, .references = {kName}}, "a comparison is of an attribute or field"},
      {IsOneOf(kAttribute, {}), "a comparison is of an attribute or field"},
      {{.op = Op::kLess, .references = {kAttribute}, .literals = {kInt, kInt}},
       "a comparison is of an attribute or field"},
      {{.op = Op::kEqual, .operands = {True()}}, "not of conditions"},
      {Matches(kName, nullptr), "a match has one"},
      {named_twice, "a scope of its own"},
      {elsewhere, "a scope of its own"},
      {Compare(Op::kLess, kKind, Literal::String("client")), "span:kind has no order"},
      {Compare(Op::kLess, kAttribute, kKind), "span:kind has no order"},
      {Compare(Op::kLess, kAttribute, Literal::Bool(true)), "true or false has no order"},
      {Compare(Op::kLess, kDuration, kText), "span:duration < \"five\": times and durations are"},
      {IsOneOf(kDuration, {Literal::Untyped("five"), Literal::Bool(true)}), "with numbers"},
      {Compare(Op::kEqual, kName, kDuration), "with numbers"},
  };
  for (const auto& [expression, message] : cases) {
    for (const Expression& whole : {expression, And({True(), Not(expression)})}) {
      const Status status = Check(whole);
      ASSERT_FALSE(status.has_value()) << message;
      EXPECT_EQ(status.error().code, Code::kInvalidArgument);
      EXPECT_THAT(status.error().message, HasSubstr(message));
    }
  }
}

TEST(Check, BoundsTheDepth) {
  Expression nested = True();
  for (int i = 1; i < kDepthMax; ++i) nested = Not(std::move(nested));
  EXPECT_TRUE(Check(nested).has_value());
  EXPECT_FALSE(Check(Not(std::move(nested))).has_value());
}

TEST(Check, SaysWhereItStands) {
  const Expression inner = At({7, 20}, Compare(Op::kLess, kKind, kText));
  const Expression whole = At({1, 30}, And({True(), inner}));
  EXPECT_THAT(Check(whole).error().message, HasSubstr("(in the call at byte 7 to 20)"));
}

TEST(Check, APartStandsWhereTheWholeDoesUnlessItSaysMore) {
  const Expression whole =
      At({1, 30}, And({Exists(kName), At({7, 20}, Exists(kName)), Not(Exists(kName))}));
  EXPECT_EQ(whole.range, (TextRange{1, 30}));
  EXPECT_EQ(whole.operands[0].range, (TextRange{1, 30}));
  EXPECT_EQ(whole.operands[1].range, (TextRange{7, 20}));
  EXPECT_EQ(whole.operands[2].operands[0].range, (TextRange{1, 30}));
}

}  // namespace
}  // namespace clew::expr
