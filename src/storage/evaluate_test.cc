#include "scan/evaluate.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "storage/testing/test_store.h"

namespace clew::storage {
namespace {

using expr::And;
using expr::Attribute;
using expr::Exists;
using expr::Expression;
using expr::Field;
using expr::Literal;
using expr::Of;
using expr::Op;
using expr::Or;
using expr::Reference;
using expr::Scope;
using model::Owner;
using model::StatusCode;
using testing::MakeData;
using testing::TestStore;

Literal Text(std::string text) { return Literal::Untyped(std::move(text)); }
Literal Number(std::int64_t number) { return Text(std::to_string(number)); }

Reference Anywhere(std::string key) { return Attribute(Scope::kSpanOrResource, std::move(key)); }

Expression Is(Reference reference, Literal literal) {
  return Compare(Op::kEqual, std::move(reference), std::move(literal));
}
Expression IsNot(Reference reference, Literal literal) {
  return Differs(Is(std::move(reference), std::move(literal)));
}

model::Event MakeEvent(std::string name, UnixNanos time, std::string reason) {
  model::Event event;
  event.name = std::move(name);
  event.time = time;
  event.attributes = {{"reason", {std::move(reason)}}};
  return event;
}

// Every expression must say the same of fresh batches and of blocks.
class EvaluateTest : public ::testing::TestWithParam<bool> {
 protected:
  EvaluateTest() {
    model::TraceData data = MakeData({
        {.trace = "a",
         .span = "a1",
         .service = "shop",
         .name = "GET /cart",
         .start = 1000,
         .duration = Nanos(100),
         .attributes = {{"code", {std::int64_t{500}}},
                        {"before", {std::int64_t{1}}},
                        {"after", {2.5}},
                        {"zone", {std::string("east")}}},
         .resource_attributes = {{"zone", {std::string("west")}}},
         .events = {MakeEvent("exception", 1090, "late"), MakeEvent("retry", 1010, "early")}},
        {.trace = "b",
         .span = "b1",
         .parent = "b0",
         .service = "db",
         .name = "SELECT",
         .start = 2000,
         .duration = Nanos(200),
         .status = StatusCode::kError,
         .kind = model::SpanKind::kClient,
         .attributes = {{"code", {std::string("500")}},
                        {"before", {std::int64_t{3}}},
                        {"after", {std::int64_t{2}}},
                        {"flag", {true}}},
         .events = {MakeEvent("exception", 2010, "early")}},
        {.trace = "c",
         .span = "c1",
         .service = "",
         .name = "plain",
         .start = 3000,
         .duration = Nanos(300),
         .kind = model::SpanKind::kUnspecified,
         .attributes = {{"code", {499.5}}}},
    });
    data.resources[1].schema_url = "schema/1";
    data.spans[1].status_message = "deadlock";
    model::Link& link = data.spans[2].links.emplace_back();
    link.trace_id = *TraceId::FromHex("aa");
    link.span_id = *SpanId::FromHex("bb");
    link.trace_state = "k=v";
    EXPECT_TRUE(store_.Append(data).has_value());
    if (GetParam()) {
      EXPECT_TRUE(store_.storage().Flush().has_value());
    }
  }

  /// The traces found, by name.
  std::string Find(const Expression& expression) {
    std::string found;
    for (const scan::SpanSourcePtr& source : store_.storage().Sources({})) {
      const auto truth = scan::Evaluate(expression, *source);
      if (!truth.has_value()) return truth.error().message;
      EXPECT_TRUE(truth->unknown.empty());
      const auto ids = source->TraceIds(truth->holds.Rows());
      for (const TraceId& id : *ids) found += id.ToHex().back();
    }
    std::ranges::sort(found);
    return found;
  }

  TestStore store_;
};

TEST_P(EvaluateTest, ComparesAttributesAsTheyAreStored) {
  const Reference code = Anywhere("code");
  EXPECT_EQ(Find(Is(code, Number(500))), "ab");
  EXPECT_EQ(Find(Is(code, Literal::Int(500))), "a");
  EXPECT_EQ(Find(Is(code, Literal::String("500"))), "b");
  EXPECT_EQ(Find(Is(code, Literal::Double(499.5))), "c");
  EXPECT_EQ(Find(Is(Anywhere("flag"), Text("true"))), "b");
  EXPECT_EQ(Find(IsNot(Anywhere("flag"), Text("false"))), "b");
  EXPECT_EQ(Find(Compare(Op::kGreater, Anywhere("flag"), Text("false"))), "");
  EXPECT_EQ(Find(Compare(Op::kGreater, code, Number(499))), "abc");
  EXPECT_EQ(Find(Compare(Op::kGreaterOrEqual, code, Literal::Int(500))), "a");
  EXPECT_EQ(Find(Compare(Op::kLess, code, Number(500))), "c");
  EXPECT_EQ(Find(Compare(Op::kLessOrEqual, code, Literal::Int(499))), "");
}

TEST_P(EvaluateTest, AnAbsentValueFulfilsNoComparison) {
  const Reference zone = Anywhere("zone");
  EXPECT_EQ(Find(Exists(zone)), "a");
  EXPECT_EQ(Find(IsNot(zone, Text("north"))), "a");
  EXPECT_EQ(Find(Differs(IsOneOf(Anywhere("code"), {Literal::Int(1), Literal::Int(2)}))), "abc");
  EXPECT_EQ(Find(Not(Is(zone, Text("east")))), "bc");
  EXPECT_EQ(Find(Exists(Of(Field::kParentSpanId))), "b");
}

TEST_P(EvaluateTest, ServicesHaveTheNamesUnderWhichTheyAreListed) {
  const Reference service = Of(Field::kService);
  EXPECT_EQ(Find(Is(service, Text("OTLPResourceNoServiceName"))), "c");
  EXPECT_EQ(Find(Is(service, Text("shop"))), "a");
  EXPECT_EQ(Find(Exists(service)), "abc");
}

TEST_P(EvaluateTest, OfSeveralValuesOneMayMatchButNoneMayBeExcluded) {
  EXPECT_EQ(Find(Is(Anywhere("zone"), Text("west"))), "a");
  EXPECT_EQ(Find(IsNot(Anywhere("zone"), Text("west"))), "");
  EXPECT_EQ(Find(IsNot(Attribute(Scope::kSpan, "zone"), Text("west"))), "a");
  EXPECT_EQ(Find(Is(Attribute(Scope::kResource, "zone"), Text("east"))), "");
}

TEST_P(EvaluateTest, CombinesPredicatesOfOneSpan) {
  const Expression of_shop = Is(Of(Field::kService), Literal::String("shop"));
  const Expression failed = Is(Of(Field::kStatus), Literal::String("error"));
  EXPECT_EQ(Find(And({of_shop, failed})), "");
  EXPECT_EQ(Find(Or({of_shop, failed})), "ab");
  EXPECT_EQ(Find(Not(Or({of_shop, failed}))), "c");
  EXPECT_EQ(Find(expr::True()), "abc");
  EXPECT_EQ(Find(expr::False()), "");
  EXPECT_EQ(Find(Not(expr::False())), "abc");
}

TEST_P(EvaluateTest, KnowsEveryFieldOfTheSpan) {
  const auto equals = [this](Field field, const Literal& literal) {
    return Find(Is(Of(field), literal));
  };
  EXPECT_EQ(equals(Field::kTraceId, Text("0000000000000000000000000000000a")), "a");
  EXPECT_EQ(equals(Field::kSpanId, Text("00000000000000b1")), "b");
  EXPECT_EQ(equals(Field::kParentSpanId, Text("00000000000000b0")), "b");
  EXPECT_EQ(equals(Field::kName, Text("SELECT")), "b");
  EXPECT_EQ(equals(Field::kKind, Text("client")), "b");
  EXPECT_EQ(equals(Field::kKind, Text("unspecified")), "c");
  EXPECT_EQ(equals(Field::kStatus, Text("unset")), "ac");
  EXPECT_EQ(equals(Field::kStatusMessage, Text("deadlock")), "b");
  EXPECT_EQ(equals(Field::kStart, Literal::Int(2000)), "b");
  EXPECT_EQ(equals(Field::kEnd, Literal::Int(3300)), "c");
  EXPECT_EQ(equals(Field::kDuration, Literal::Int(100)), "a");
  EXPECT_EQ(equals(Field::kTraceState, Text("")), "");
}

TEST_P(EvaluateTest, KnowsFieldsOfResourceScopeEventsAndLinks) {
  const auto equals = [this](Field field, const Literal& literal) {
    return Find(Is(Of(field), literal));
  };
  EXPECT_EQ(equals(Field::kResourceSchemaUrl, Text("schema/1")), "b");
  EXPECT_EQ(equals(Field::kScopeName, Text("lib")), "abc");
  EXPECT_EQ(equals(Field::kScopeVersion, Text("2")), "");
  EXPECT_EQ(equals(Field::kScopeSchemaUrl, Text("")), "");
  EXPECT_EQ(equals(Field::kEventName, Text("retry")), "a");
  EXPECT_EQ(equals(Field::kEventTime, Literal::Int(2010)), "b");
  EXPECT_EQ(equals(Field::kEventTimeSinceStart, Literal::Int(10)), "ab");
  EXPECT_EQ(equals(Field::kLinkTraceId, Text("000000000000000000000000000000aa")), "c");
  EXPECT_EQ(equals(Field::kLinkSpanId, Text("00000000000000bb")), "c");
  EXPECT_EQ(equals(Field::kLinkTraceState, Text("k=v")), "c");
}

TEST_P(EvaluateTest, SomeBindsOneEvent) {
  const Expression is_exception = Is(Of(Field::kEventName), Text("exception"));
  const Expression is_early = Is(Attribute(Scope::kEvent, "reason"), Text("early"));
  EXPECT_EQ(Find(And({is_exception, is_early})), "ab");
  EXPECT_EQ(Find(Some(Owner::kEvent, And({is_exception, is_early}))), "b");
  // Every event is early: none is not. Without events that holds.
  EXPECT_EQ(Find(Not(Some(Owner::kEvent, Not(is_early)))), "bc");
  const Expression of_shop = Is(Of(Field::kService), Text("shop"));
  EXPECT_EQ(Find(Some(Owner::kEvent, And({of_shop, is_early}))), "a");
  EXPECT_EQ(Find(Some(Owner::kLink, Exists(Attribute(Scope::kEvent, "reason")))), "");
}

TEST_P(EvaluateTest, ComparesTwoReferences) {
  const auto compare = [this](Op op, const Reference& left, const Reference& right) {
    return Find(Compare(op, left, right));
  };
  EXPECT_EQ(compare(Op::kGreater, Anywhere("after"), Anywhere("before")), "a");
  EXPECT_EQ(compare(Op::kLess, Anywhere("after"), Anywhere("before")), "b");
  EXPECT_EQ(Find(Differs(Compare(Op::kEqual, Anywhere("after"), Anywhere("before")))), "ab");
  EXPECT_EQ(Find(Differs(Compare(Op::kEqual, Attribute(Scope::kSpan, "zone"),
                                 Attribute(Scope::kResource, "zone")))),
            "a");
  EXPECT_EQ(compare(Op::kGreater, Of(Field::kEnd), Of(Field::kStart)), "abc");
  EXPECT_EQ(compare(Op::kEqual, Of(Field::kTraceId), Of(Field::kLinkTraceId)), "");
}

TEST_P(EvaluateTest, MatchesPatternsAnywhereInTheText) {
  EXPECT_EQ(Find(Matches(Of(Field::kName), expr::Pattern::Compile("GET|ELEC").value())), "ab");
  EXPECT_EQ(Find(Matches(Anywhere("code"), expr::Pattern::Compile("5.0").value())), "ab");
}

TEST(Evaluate, NothingHoldsOfTablesWithoutRows) {
  TestStore store;
  ASSERT_TRUE(
      store.Append(MakeData({{.trace = "a", .span = "a1", .service = "shop"}})).has_value());
  ASSERT_TRUE(store.storage().Flush().has_value());
  const auto sources = store.storage().Sources({});
  ASSERT_EQ(sources.size(), 1u);
  for (const Field field : {Field::kEventName, Field::kEventTime, Field::kEventTimeSinceStart,
                            Field::kLinkTraceId, Field::kLinkSpanId, Field::kLinkTraceState}) {
    for (const Expression& expression : {Exists(Of(field)), Is(Of(field), Text("1")),
                                         Compare(Op::kGreater, Of(field), Literal::Int(1))}) {
      const auto truth = scan::Evaluate(expression, *sources[0]);
      ASSERT_TRUE(truth.has_value()) << truth.error().message;
      EXPECT_TRUE(truth->holds.Rows().empty()) << static_cast<int>(field);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(FreshAndSealed, EvaluateTest, ::testing::Bool());

}  // namespace
}  // namespace clew::storage
