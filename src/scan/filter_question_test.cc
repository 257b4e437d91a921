#include "scan/filter_question.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <set>

#include "scan/value_keys.h"

namespace clew::scan {
namespace {

using expr::Expression;
using expr::Field;
using expr::Literal;
using expr::Op;
using expr::Scope;
using model::Owner;

// Of spans called "GET", with the attributes method = "GET", count = 7, ratio = 0.5, and a list
// whose values are left out.
class FilterQuestionTest : public ::testing::Test {
 protected:
  FilterQuestionTest() {
    keys_.insert(ValueKeys::OfField(Field::kName).Text("GET"));
    const auto method = Add(Owner::kSpan, "method");
    keys_.insert(method.Text("GET"));
    keys_.insert(Add(Owner::kSpan, "count").Int(7));
    keys_.insert(Add(Owner::kSpan, "ratio").Real(0.5));
    keys_.insert(Add(Owner::kSpan, "list").LeftOut());
    keys_.insert(Add(Owner::kSpan, "cut \xC3").Text("\xFF"));
    keys_.insert(Add(Owner::kSpan, "ip").Int(1));
    keys_.insert(Add(Owner::kEvent, "of event").Text("x"));
  }

  ValueKeys Add(Owner owner, std::string_view key) {
    const auto keys = ValueKeys::OfAttribute(owner, key);
    keys_.insert(keys.Presence());
    return keys;
  }

  bool May(const Expression& expression) const {
    return MayHold(expression, [this](std::uint64_t key) { return keys_.contains(key); });
  }

  std::set<std::uint64_t> keys_;
};

expr::Reference Span(std::string key) { return expr::Attribute(Scope::kSpan, std::move(key)); }

Expression Is(expr::Reference reference, Literal literal) {
  return Compare(Op::kEqual, std::move(reference), std::move(literal));
}

Expression Method(const char* value) { return Is(Span("method"), Literal::String(value)); }

TEST_F(FilterQuestionTest, EqualityHoldsOnlyForWhatIsThere) {
  EXPECT_TRUE(May(Method("GET")));
  EXPECT_FALSE(May(Method("POST")));
  EXPECT_TRUE(May(expr::IsOneOf(Span("method"), {Literal::String("a"), Literal::String("GET")})));
  EXPECT_FALSE(May(expr::IsOneOf(Span("method"), {Literal::String("a"), Literal::String("b")})));
  EXPECT_FALSE(May(Is(expr::Attribute(Scope::kResource, "method"), Literal::String("GET"))));
  EXPECT_TRUE(May(Is(expr::Attribute(Scope::kAny, "method"), Literal::String("GET"))));
  EXPECT_TRUE(May(expr::ShownAs(Span("method"), "GET")));
  EXPECT_FALSE(May(expr::ShownAs(Span("method"), "POST")));
  EXPECT_TRUE(May(Is(expr::Of(Field::kName), Literal::String("GET"))));
  EXPECT_FALSE(May(Is(expr::Of(Field::kName), Literal::String("PUT"))));
}

TEST_F(FilterQuestionTest, NumbersAreComparedAsNumbers) {
  EXPECT_TRUE(May(Is(Span("count"), Literal::Int(7))));
  EXPECT_TRUE(May(Is(Span("count"), Literal::Double(7))));
  EXPECT_TRUE(May(Is(Span("count"), Literal::Untyped("7.0"))));
  EXPECT_TRUE(May(expr::ShownAs(Span("count"), "+7")));
  EXPECT_FALSE(May(Is(Span("count"), Literal::Int(8))));
  EXPECT_FALSE(May(Is(Span("count"), Literal::Untyped("7.5"))));
  EXPECT_TRUE(May(Is(Span("ratio"), Literal::Untyped("0.50"))));
  EXPECT_FALSE(May(Is(Span("ratio"), Literal::Double(0.25))));
}

TEST_F(FilterQuestionTest, WhatTheFilterDoesNotSayMayHold) {
  EXPECT_TRUE(May(Is(Span("list"), Literal::String("anything"))));
  EXPECT_TRUE(May(Is(Span("method"), Literal::String(std::string(5000, 'x')))));
  EXPECT_TRUE(May(expr::ShownAs(Span("method"), std::string(5000, 'x'))));
  EXPECT_TRUE(May(expr::ShownAs(Span("method"), "")));
  EXPECT_TRUE(May(expr::ShownAs(Span("ip"), "9.9.9.9")));
  EXPECT_TRUE(May(Compare(Op::kGreater, Span("count"), Literal::Int(1'000))));
  EXPECT_TRUE(May(Matches(Span("method"), *expr::Pattern::Compile("POST"))));
  EXPECT_TRUE(May(Compare(Op::kEqual, Span("method"), Span("count"))));
  EXPECT_TRUE(May(Is(expr::Of(Field::kDuration), Literal::Int(3))));
  EXPECT_TRUE(May(Is(expr::Of(Field::kSpanId), Literal::String("00000000000000aa"))));
  EXPECT_TRUE(May(Compare(Op::kEqual, expr::Of(Field::kName), expr::Of(Field::kStatusMessage))));
}

// Of texts that are left out the grams are there.
class GramQuestionTest : public FilterQuestionTest {
 protected:
  GramQuestionTest() {
    const auto path = Add(Owner::kSpan, "path");
    keys_.insert(path.LeftOut());
    for (const std::uint64_t key : path.HasGrams()) keys_.insert(key);
    for (const char* const text : {"/Orders/17", "/carts/18", "\uFFFD"}) {
      for (const Gram gram : GramsOf(text)) keys_.insert(path.OfGram(gram));
    }
    const auto few = Add(Owner::kSpan, "few");
    keys_.insert(few.Text("abcd"));
    for (const std::uint64_t key : few.HasGrams()) keys_.insert(key);
    for (const Gram gram : GramsOf("abcd")) keys_.insert(few.OfGram(gram));
    // By chance a filter says that a key is there.
    const auto chance = Add(Owner::kSpan, "chance");
    keys_.insert(chance.LeftOut());
    const auto has_grams = chance.HasGrams();
    keys_.insert(has_grams.begin(), has_grams.end() - 1);
  }

  bool MayMatch(std::string key, const std::string& pattern) const {
    return May(Matches(Span(std::move(key)), *expr::Pattern::CompileWhole(pattern)));
  }
};

TEST_F(GramQuestionTest, APatternNeedsItsParts) {
  EXPECT_TRUE(MayMatch("path", ".*orders.*"));
  EXPECT_TRUE(MayMatch("path", "(?i).*CARTS.*"));
  EXPECT_FALSE(MayMatch("path", ".*checkout.*"));
  EXPECT_TRUE(MayMatch("path", ".*(checkout|carts).*"));
  EXPECT_FALSE(MayMatch("path", ".*(checkout|payment).*"));
  EXPECT_FALSE(MayMatch("path", "/orders/.*checkout"));
  EXPECT_TRUE(MayMatch("path", ".*ab.*")) << "too short for a gram";
  EXPECT_TRUE(MayMatch("path", ".*")) << "needs nothing";
  EXPECT_TRUE(MayMatch("method", ".*checkout.*")) << "has no grams";
  EXPECT_TRUE(MayMatch("few", ".*bcd"));
  EXPECT_FALSE(MayMatch("few", ".*bcde"));
  EXPECT_TRUE(May(Not(Matches(Span("few"), *expr::Pattern::CompileWhole(".*bcde")))));
}

TEST_F(GramQuestionTest, AValueThatIsLeftOutNeedsItsGrams) {
  EXPECT_TRUE(May(Is(Span("path"), Literal::String("/carts/17"))));
  EXPECT_TRUE(May(expr::ShownAs(Span("path"), "/carts/18")));
  EXPECT_FALSE(May(Is(Span("path"), Literal::String("/carts/19"))));
  EXPECT_FALSE(May(expr::ShownAs(Span("path"), "/carts/19")));
  EXPECT_TRUE(May(Is(Span("path"), Literal::String("/c"))));
  EXPECT_FALSE(May(Is(Span("path"), Literal::Int(17)))) << "all are texts";
  EXPECT_FALSE(May(expr::HasArray(Span("path"))));
  EXPECT_TRUE(May(Is(Span("path"), Literal::String("\xFF")))) << "shown as U+FFFD";
}

TEST_F(GramQuestionTest, ThatThereAreGramsIsNotBelievedByChance) {
  EXPECT_TRUE(May(Is(Span("chance"), Literal::String("/carts/19"))));
  EXPECT_TRUE(May(Is(Span("chance"), Literal::Bool(true))));
  EXPECT_TRUE(MayMatch("chance", ".*checkout.*"));
}

TEST_F(FilterQuestionTest, AnAttributeThatIsNowhereMeetsNoComparison) {
  EXPECT_TRUE(May(Exists(Span("count"))));
  EXPECT_FALSE(May(Exists(Span("absent"))));
  EXPECT_FALSE(May(Compare(Op::kLess, Span("absent"), Literal::Int(3))));
  EXPECT_FALSE(May(Matches(Span("absent"), *expr::Pattern::Compile("a"))));
  EXPECT_FALSE(May(Compare(Op::kEqual, Span("method"), Span("absent"))));
  EXPECT_FALSE(May(expr::Differs(Is(Span("absent"), Literal::Int(1)))));
  EXPECT_TRUE(May(expr::Differs(Is(Span("count"), Literal::Int(1)))));
  EXPECT_TRUE(May(Exists(expr::Of(Field::kStatusMessage))));
}

TEST_F(FilterQuestionTest, ArraysMayBeWhereValuesAreInNoFilter) {
  EXPECT_FALSE(May(expr::HasArray(Span("method"))));
  EXPECT_FALSE(May(expr::HasArray(Span("absent"))));
  EXPECT_TRUE(May(expr::HasArray(Span("list"))));
}

TEST_F(FilterQuestionTest, WhatIsNotUtf8IsAskedForAsItIsShown) {
  EXPECT_TRUE(May(Is(Span("cut \xEF\xBF\xBD"), Literal::String("\xEF\xBF\xBD"))));
  EXPECT_TRUE(May(Is(Span("cut \xC3"), Literal::String("\xFF"))));
  EXPECT_FALSE(May(Is(Span("cut \xEF\xBF\xBD"), Literal::String("x"))));
}

TEST_F(FilterQuestionTest, TruthHasThreeValues) {
  const Expression never = Method("POST");
  const Expression maybe = Method("GET");
  EXPECT_FALSE(May(expr::And({maybe, never})));
  EXPECT_TRUE(May(expr::Or({never, maybe})));
  EXPECT_FALSE(May(expr::Or({never, Method("PUT")})));
  EXPECT_TRUE(May(expr::True()));
  EXPECT_FALSE(May(expr::False()));
  EXPECT_TRUE(May(Not(never)));
  EXPECT_TRUE(May(Not(maybe)));
  EXPECT_FALSE(May(Not(expr::Or({maybe, Not(never)}))));
  EXPECT_TRUE(May(Not(expr::And({maybe, Not(never)}))));
  EXPECT_TRUE(May(expr::Some(Owner::kEvent, Not(never))));
  EXPECT_TRUE(May(Not(expr::Some(Owner::kEvent, Not(never)))));
  EXPECT_FALSE(May(expr::Some(Owner::kEvent, never)));
  EXPECT_FALSE(May(expr::Some(Owner::kEvent, Exists(expr::Attribute(Scope::kEvent, "of span")))));
}

TEST_F(FilterQuestionTest, AsksNothingThatTheAnswerDoesNotHangOn) {
  const Expression duration = Compare(Op::kGreater, expr::Of(Field::kDuration), Literal::Int(1));
  EXPECT_TRUE(MayHold(expr::And({duration, Exists(expr::Of(Field::kName))}), [](std::uint64_t) {
    ADD_FAILURE();
    return false;
  }));
}

TEST_F(FilterQuestionTest, WhatIsFalseInItselfNeedsNoFilter) {
  EXPECT_FALSE(FilterQuestion(expr::False()).CanHold());
  EXPECT_FALSE(FilterQuestion(expr::And({Method("POST"), expr::False()})).CanHold());
  EXPECT_TRUE(FilterQuestion(Method("POST")).CanHold());
  EXPECT_TRUE(FilterQuestion(Not(Method("GET"))).CanHold());
}

TEST(ValueKeys, WhatIsEqualHasOneKey) {
  const auto keys = ValueKeys::OfAttribute(Owner::kSpan, "k");
  EXPECT_EQ(keys.Real(7.0), keys.Int(7));
  EXPECT_EQ(keys.Real(-0.0), keys.Int(0));
  EXPECT_EQ(keys.Real(-0x1p63), keys.Int(std::numeric_limits<std::int64_t>::min()));
  EXPECT_NE(keys.Real(0x1p63), keys.Int(std::numeric_limits<std::int64_t>::max()));
  EXPECT_NE(keys.Real(0.5), keys.Int(0));
  EXPECT_EQ(keys.Text("\xFF"), keys.Text("\xEF\xBF\xBD"));
  EXPECT_NE(keys.Text("7"), keys.Int(7));
  EXPECT_NE(keys.Text("GET"), ValueKeys::OfAttribute(Owner::kResource, "k").Text("GET"));
  EXPECT_NE(keys.Text("GET"), ValueKeys::OfField(Field::kName).Text("GET"));
}

// They are stored: never change them.
TEST(ValueKeys, AreWhatTheyAlwaysWere) {
  const auto keys = ValueKeys::OfAttribute(Owner::kResource, "host.name");
  EXPECT_EQ(keys.Presence(), 1475479638521977690u);
  EXPECT_EQ(keys.LeftOut(), 16450589257539509910u);
  EXPECT_EQ(keys.Text("a"), 9822663159604346727u);
  EXPECT_EQ(keys.Int(-1), 13652564441156099066u);
  EXPECT_EQ(keys.Real(0.5), 6286622546410266544u);
  EXPECT_EQ(keys.HasGrams().front(), 11418745985296245963u);
  EXPECT_EQ(keys.HasGrams().back(), 8989975090520376580u);
  EXPECT_EQ(keys.OfGram(1), 2380443728418315066u);
  EXPECT_EQ(ValueKeys::OfField(Field::kService).Text("shop"), 3652676421399656845u);
}

}  // namespace
}  // namespace clew::scan
