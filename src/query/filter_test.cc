#include "query/filter.h"

#include <gtest/gtest.h>

#include "query/store_query.h"
#include "storage/testing/test_store.h"

namespace clew::query {
namespace {

using model::StatusCode;
using model::Value;
using model::ValueType;
using storage::testing::MakeData;
using storage::testing::SpanSpec;
using storage::testing::TestStore;

FilterReference Attribute(std::string key, FilterLevel level = FilterLevel::kSpanOrResource) {
  return {.level = level, .key = std::move(key)};
}

FilterReference Field(FilterLevel level, FilterField field) {
  return {.level = level, .field = field};
}

/// A constant without a type, as a number too when it is one.
FilterConstant Text(std::string text) { return {.text = std::move(text)}; }
FilterConstant Number(std::int64_t number) {
  return {.text = std::to_string(number), .integer = number, .real = static_cast<double>(number)};
}
FilterConstant Integer(std::int64_t number) { return {.type = ValueType::kInt, .integer = number}; }

FilterCall Leaf(FilterOp op, FilterReference reference,
                std::vector<FilterConstant> constants = {}) {
  return {.op = op, .references = {std::move(reference)}, .constants = std::move(constants)};
}

FilterCall Group(FilterOp op, std::vector<FilterCall> calls) {
  return {.op = op, .calls = std::move(calls)};
}

FilterCall Some(FilterLevel level, FilterCall call) {
  return {.op = FilterOp::kSome, .calls = {std::move(call)}, .some_level = level};
}

model::Event MakeEvent(std::string name, UnixNanos time, std::string reason) {
  model::Event event;
  event.name = std::move(name);
  event.time = time;
  event.attributes = {{"reason", {std::move(reason)}}};
  return event;
}

// Every filter must say the same of fresh batches and of blocks.
class FilterTest : public ::testing::TestWithParam<bool> {
 protected:
  FilterTest() {
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
  std::string Find(FilterCall filter) {
    SearchRequest request;
    request.filter = std::make_shared<const FilterCall>(std::move(filter));
    const auto result = StoreQuery(store_.storage()).Search({}, request);
    if (!result) {
      return result.error().message;
    }
    std::string found;
    for (const model::TraceData& trace : result->traces) {
      found.insert(0, 1, trace.spans[0].trace_id.ToHex().back());
    }
    return found;
  }

  TestStore store_;
};

TEST_P(FilterTest, ComparesAttributesAsTheyAreStored) {
  const FilterReference code = Attribute("code");
  EXPECT_EQ(Find(Leaf(FilterOp::kEq, code, {Number(500)})), "ab");
  EXPECT_EQ(Find(Leaf(FilterOp::kEq, code, {Integer(500)})), "a");
  EXPECT_EQ(Find(Leaf(FilterOp::kEq, code, {{.text = "500", .type = ValueType::kString}})), "b");
  EXPECT_EQ(Find(Leaf(FilterOp::kEq, code, {{.type = ValueType::kDouble, .real = 499.5}})), "c");
  EXPECT_EQ(Find(Leaf(FilterOp::kEq, Attribute("flag"), {Text("true")})), "b");
  EXPECT_EQ(Find(Leaf(FilterOp::kNe, Attribute("flag"), {Text("false")})), "b");
  EXPECT_EQ(Find(Leaf(FilterOp::kGt, Attribute("flag"), {Text("false")})), "");
  EXPECT_EQ(Find(Leaf(FilterOp::kGt, code, {Number(499)})), "abc");
  EXPECT_EQ(Find(Leaf(FilterOp::kGte, code, {Integer(500)})), "a");
  EXPECT_EQ(Find(Leaf(FilterOp::kLt, code, {Number(500)})), "c");
  EXPECT_EQ(Find(Leaf(FilterOp::kLte, code, {Integer(499)})), "");
}

TEST_P(FilterTest, AnAbsentValueFulfilsNoComparison) {
  const FilterReference zone = Attribute("zone");
  EXPECT_EQ(Find(Leaf(FilterOp::kExists, zone)), "a");
  EXPECT_EQ(Find(Leaf(FilterOp::kNe, zone, {Text("north")})), "a");
  EXPECT_EQ(Find(Leaf(FilterOp::kNotIn, Attribute("code"), {Integer(1), Integer(2)})), "abc");
  EXPECT_EQ(Find(Group(FilterOp::kNot, {Leaf(FilterOp::kEq, zone, {Text("east")})})), "bc");
  EXPECT_EQ(Find(Leaf(FilterOp::kExists, Field(FilterLevel::kSpan, FilterField::kParentSpanId))),
            "b");
}

TEST_P(FilterTest, ServicesHaveTheNamesUnderWhichTheyAreListed) {
  const FilterReference service = Field(FilterLevel::kResource, FilterField::kService);
  EXPECT_EQ(Find(Leaf(FilterOp::kEq, service, {Text("OTLPResourceNoServiceName")})), "c");
  EXPECT_EQ(Find(Leaf(FilterOp::kEq, service, {Text("shop")})), "a");
  EXPECT_EQ(Find(Leaf(FilterOp::kExists, service)), "abc");
}

TEST_P(FilterTest, OfSeveralValuesOneMayMatchButNoneMayBeExcluded) {
  EXPECT_EQ(Find(Leaf(FilterOp::kEq, Attribute("zone"), {Text("west")})), "a");
  EXPECT_EQ(Find(Leaf(FilterOp::kNe, Attribute("zone"), {Text("west")})), "");
  EXPECT_EQ(Find(Leaf(FilterOp::kNe, Attribute("zone", FilterLevel::kSpan), {Text("west")})), "a");
  EXPECT_EQ(Find(Leaf(FilterOp::kEq, Attribute("zone", FilterLevel::kResource), {Text("east")})),
            "");
}

TEST_P(FilterTest, CombinesPredicatesOfOneSpan) {
  const FilterCall of_shop =
      Leaf(FilterOp::kEq, Field(FilterLevel::kResource, FilterField::kService),
           {{.text = "shop", .type = ValueType::kString}});
  const FilterCall failed = Leaf(FilterOp::kEq, Field(FilterLevel::kSpan, FilterField::kStatus),
                                 {{.text = "error", .type = ValueType::kString}});
  EXPECT_EQ(Find(Group(FilterOp::kAnd, {of_shop, failed})), "");
  EXPECT_EQ(Find(Group(FilterOp::kOr, {of_shop, failed})), "ab");
  EXPECT_EQ(Find(Group(FilterOp::kNot, {Group(FilterOp::kOr, {of_shop, failed})})), "c");
}

TEST_P(FilterTest, KnowsEveryFieldOfTheSpan) {
  const auto equals = [this](FilterField field, const FilterConstant& constant) {
    return Find(Leaf(FilterOp::kEq, Field(FilterLevel::kSpan, field), {constant}));
  };
  EXPECT_EQ(equals(FilterField::kTraceId, Text("0000000000000000000000000000000a")), "a");
  EXPECT_EQ(equals(FilterField::kSpanId, Text("00000000000000b1")), "b");
  EXPECT_EQ(equals(FilterField::kParentSpanId, Text("00000000000000b0")), "b");
  EXPECT_EQ(equals(FilterField::kName, Text("SELECT")), "b");
  EXPECT_EQ(equals(FilterField::kKind, Text("client")), "b");
  EXPECT_EQ(equals(FilterField::kKind, Text("unspecified")), "c");
  EXPECT_EQ(equals(FilterField::kStatus, Text("unset")), "ac");
  EXPECT_EQ(equals(FilterField::kStatusMessage, Text("deadlock")), "b");
  EXPECT_EQ(equals(FilterField::kStartTime, Integer(2000)), "b");
  EXPECT_EQ(equals(FilterField::kEndTime, Integer(3300)), "c");
  EXPECT_EQ(equals(FilterField::kDuration, Integer(100)), "a");
  EXPECT_EQ(equals(FilterField::kTraceState, Text("")), "");
}

TEST_P(FilterTest, KnowsFieldsOfResourceScopeEventsAndLinks) {
  const auto equals = [this](FilterLevel level, FilterField field, const FilterConstant& constant) {
    return Find(Leaf(FilterOp::kEq, Field(level, field), {constant}));
  };
  EXPECT_EQ(equals(FilterLevel::kResource, FilterField::kSchemaUrl, Text("schema/1")), "b");
  EXPECT_EQ(equals(FilterLevel::kScope, FilterField::kName, Text("lib")), "abc");
  EXPECT_EQ(equals(FilterLevel::kScope, FilterField::kVersion, Text("2")), "");
  EXPECT_EQ(equals(FilterLevel::kScope, FilterField::kSchemaUrl, Text("")), "");
  EXPECT_EQ(equals(FilterLevel::kEvent, FilterField::kName, Text("retry")), "a");
  EXPECT_EQ(equals(FilterLevel::kEvent, FilterField::kTime, Integer(2010)), "b");
  EXPECT_EQ(equals(FilterLevel::kEvent, FilterField::kTimeSinceStart, Integer(10)), "ab");
  EXPECT_EQ(
      equals(FilterLevel::kLink, FilterField::kTraceId, Text("000000000000000000000000000000aa")),
      "c");
  EXPECT_EQ(equals(FilterLevel::kLink, FilterField::kSpanId, Text("00000000000000bb")), "c");
  EXPECT_EQ(equals(FilterLevel::kLink, FilterField::kTraceState, Text("k=v")), "c");
}

TEST_P(FilterTest, SomeBindsOneEvent) {
  const FilterCall is_exception =
      Leaf(FilterOp::kEq, Field(FilterLevel::kEvent, FilterField::kName), {Text("exception")});
  const FilterCall is_early =
      Leaf(FilterOp::kEq, Attribute("reason", FilterLevel::kEvent), {Text("early")});
  EXPECT_EQ(Find(Group(FilterOp::kAnd, {is_exception, is_early})), "ab");
  EXPECT_EQ(Find(Some(FilterLevel::kEvent, Group(FilterOp::kAnd, {is_exception, is_early}))), "b");
  // Every event is early: none is not. Without events that holds.
  EXPECT_EQ(
      Find(Group(FilterOp::kNot, {Some(FilterLevel::kEvent, Group(FilterOp::kNot, {is_early}))})),
      "bc");
  const FilterCall of_shop =
      Leaf(FilterOp::kEq, Field(FilterLevel::kResource, FilterField::kService), {Text("shop")});
  EXPECT_EQ(Find(Some(FilterLevel::kEvent, Group(FilterOp::kAnd, {of_shop, is_early}))), "a");
  EXPECT_EQ(Find(Some(FilterLevel::kLink,
                      Leaf(FilterOp::kExists, Attribute("reason", FilterLevel::kEvent)))),
            "");
}

TEST_P(FilterTest, ComparesTwoReferences) {
  const auto compare = [this](FilterOp op, FilterReference left, FilterReference right) {
    return Find({.op = op, .references = {std::move(left), std::move(right)}});
  };
  EXPECT_EQ(compare(FilterOp::kGt, Attribute("after"), Attribute("before")), "a");
  EXPECT_EQ(compare(FilterOp::kLt, Attribute("after"), Attribute("before")), "b");
  EXPECT_EQ(compare(FilterOp::kNe, Attribute("after"), Attribute("before")), "ab");
  EXPECT_EQ(compare(FilterOp::kNe, Attribute("zone", FilterLevel::kSpan),
                    Attribute("zone", FilterLevel::kResource)),
            "a");
  EXPECT_EQ(compare(FilterOp::kGt, Field(FilterLevel::kSpan, FilterField::kEndTime),
                    Field(FilterLevel::kSpan, FilterField::kStartTime)),
            "abc");
  EXPECT_EQ(compare(FilterOp::kEq, Field(FilterLevel::kSpan, FilterField::kTraceId),
                    Field(FilterLevel::kLink, FilterField::kTraceId)),
            "");
}

TEST_P(FilterTest, MatchesPatternsAnywhereInTheText) {
  FilterCall call = Leaf(FilterOp::kRegex, Field(FilterLevel::kSpan, FilterField::kName));
  call.pattern = CompilePattern("GET|ELEC").value();
  EXPECT_EQ(Find(call), "ab");
  call.references = {Attribute("code")};
  call.pattern = CompilePattern("5.0").value();
  EXPECT_EQ(Find(call), "ab");
}

INSTANTIATE_TEST_SUITE_P(FreshAndSealed, FilterTest, ::testing::Bool());

TEST(FilterPattern, TakesWhatEveryBackEndReadsAlike) {
  for (const char* pattern : {"", "a+b*", "[^$]", "[]^]", "\\$\\^", "(?:a|b)?", "(?P<n>a)",
                              "a{2,3}", "\\Q^$\\E", "[[:alpha:]?]?", "@example\\.com"}) {
    const auto compiled = CompilePattern(pattern);
    EXPECT_TRUE(compiled.has_value()) << pattern << ": " << compiled.error().message;
  }
  for (const char* pattern : {"(", "^a", "a$", "\\Aa", "a\\z", "\\bword", "no\\B", "a+?", "a??",
                              "a{2}?", "(?i)a", "(?i:a)", "[a", "a**"}) {
    const auto compiled = CompilePattern(pattern);
    ASSERT_FALSE(compiled.has_value()) << pattern;
    EXPECT_EQ(compiled.error().code, Code::kInvalidArgument);
  }
  EXPECT_FALSE(CompilePattern(std::string(5000, 'a')).has_value());
}

}  // namespace
}  // namespace clew::query
