#include "expr/or_arrays.h"

#include <gtest/gtest.h>

#include "expr/check.h"
#include "expr/print.h"

namespace clew::expr {
namespace {

const Reference kA = Attribute(Scope::kSpan, "a");
const Reference kB = Attribute(Scope::kResource, "b");

std::string Printed(Expression expression) {
  const Expression with = OrArrays(std::move(expression));
  EXPECT_TRUE(Check(with).has_value());
  return Print(with);
}

TEST(OrArrays, StandBesideWhatComparesAttributes) {
  EXPECT_EQ(Printed(Compare(Op::kEqual, kA, Literal::Int(1))), "span.a = 1 || span.a has an array");
  EXPECT_EQ(Printed(Compare(Op::kEqual, kA, kB)),
            "span.a = resource.b || span.a has an array || resource.b has an array");
  EXPECT_EQ(Printed(Compare(Op::kLess, Of(Field::kDuration), Literal::Int(1))),
            "span:duration < 1");
  EXPECT_EQ(Printed(Exists(kA)), "span.a exists");
}

TEST(OrArrays, OfANegationStandBesideAllOfIt) {
  EXPECT_EQ(Printed(Not(Compare(Op::kEqual, kA, Literal::Int(1)))),
            "!(span.a = 1) || span.a is odd");
  EXPECT_EQ(Printed(Not(Exists(kA))), "!(span.a exists) || span.a is odd");
  EXPECT_EQ(Printed(Differs(Compare(Op::kEqual, kA, Literal::Int(1)))),
            "span.a exists && (!(span.a = 1) || span.a is odd)");
}

TEST(OrArrays, AreOfTheSameEvent) {
  const Reference event = Attribute(Scope::kEvent, "e");
  EXPECT_EQ(Printed(Some(model::Owner::kEvent,
                         And({Compare(Op::kEqual, event, Literal::Int(1)), Exists(event)}))),
            "some event ((event.e = 1 || event.e has an array) && event.e exists)");
}

TEST(OrArrays, WhatIsOddIsOfAllThatIsAsked) {
  EXPECT_EQ(Print(AskedOdd(And({Exists(kA), Not(Compare(Op::kEqual, kA, kB))}))),
            "span.a is odd || resource.b is odd");
  EXPECT_EQ(Print(AskedOdd(Exists(Of(Field::kName)))), "false");
}

TEST(OrArrays, LeaveWhatHoldsAlways) {
  EXPECT_EQ(Printed(True()), "true");
  EXPECT_EQ(Printed(False()), "false");
}

}  // namespace
}  // namespace clew::expr
