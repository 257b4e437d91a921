#include <gtest/gtest.h>

#include <algorithm>

#include "query/search_terms.h"
#include "query/testing/test_query.h"
#include "storage/format/block.h"
#include "storage/testing/test_store.h"

// Searches in a block of which pages are lost: what is lost is unknown, and the answer says so.
namespace clew::query {
namespace {

using expr::Expression;
using expr::Field;
using model::Value;
using storage::ColumnField;
using storage::testing::MakeData;
using storage::testing::SpanSpec;
using storage::testing::TestStore;

class LostValuesTest : public ::testing::Test {
 protected:
  void Load(const std::vector<SpanSpec>& specs) {
    ASSERT_TRUE(store_.Append(MakeData(specs)).has_value());
    ASSERT_TRUE(store_.storage().Flush().has_value());
  }

  // Of the only block.
  storage::BlockLayout Layout() {
    const auto blocks = store_.objects.List("blocks/");
    EXPECT_EQ(blocks->size(), 1u);
    const auto layout = storage::ReadBlockLayout(store_.objects, blocks->front().name);
    EXPECT_TRUE(layout.has_value());
    return *layout;
  }

  // Spoils a page of values of it.
  void Lose(ColumnField field, std::size_t page, const std::string& key = {}) {
    const storage::BlockLayout layout = Layout();
    const storage::BlockLayout::Group& group = layout.groups.front();
    const auto& columns = group.directory->columns;
    const auto column = std::ranges::find_if(columns, [&](const storage::ColumnEntry& entry) {
      return entry.field == field && entry.key == key;
    });
    ASSERT_NE(column, columns.end());
    const std::size_t index = column->first_value_page() + page;
    ASSERT_LT(index, column->pages.size());
    ASSERT_GT(column->pages[index].length, 0u) << "all values are the same";
    store_.objects.Spoil(group.offset + column->pages[index].offset);
  }

  // Spoils what it knows of the values without its pages.
  void LoseFilter() {
    const storage::BlockLayout layout = Layout();
    store_.objects.Spoil(layout.pages_end + layout.filters.values.offset);
  }

  std::size_t Count(const SearchRequest& request) {
    left_out_ = {};
    const auto found = TestQuery(store_.storage()).Search({.left_out = &left_out_}, request);
    EXPECT_TRUE(found.has_value());
    return found.has_value() ? found->size() : 0;
  }
  std::size_t Count(Expression condition) {
    return Count(SearchRequest{.condition = std::move(condition), .limit = 100});
  }
  bool Finds(std::size_t trace) {
    left_out_ = {};
    return TestQuery(store_.storage())
        .FindTrace({.left_out = &left_out_}, *TraceId::FromHex(fmt::format("{:x}", trace)))
        .has_value();
  }
  std::string LeftOutText() const {
    std::string text;
    for (const std::string& one : left_out_.Texts()) text += one + '\n';
    return text;
  }

  TestStore store_;
  LeftOut left_out_;
};

// Trace i + 1 has span i; a zone of a column has 4096 values.
std::vector<SpanSpec> OneSpanEach(std::size_t trace_count) {
  std::vector<SpanSpec> specs;
  for (std::size_t i = 1; i <= trace_count; ++i) {
    specs.push_back({.trace = fmt::format("{:x}", i),
                     .span = "1",
                     .service = "web",
                     .start = static_cast<UnixNanos>(i)});
  }
  return specs;
}

TEST_F(LostValuesTest, LostTraceIdsCostTheirTracesOnly) {
  Load(OneSpanEach(5000));
  Lose(ColumnField::kTraceId, 1);

  EXPECT_TRUE(Finds(4096));
  EXPECT_FALSE(Finds(4097));
  EXPECT_NE(LeftOutText().find("904 spans of 904 traces are missing"), std::string::npos)
      << LeftOutText();
  EXPECT_EQ(
      Count({.condition = ConditionOf({.service = "web"}), .start_min = 4000, .limit = 10'000}),
      97u);
  EXPECT_EQ(Count({.condition = ConditionOf({.service = "web"}), .limit = 1}), 1u);
  EXPECT_FALSE(left_out_.empty());
}

TEST_F(LostValuesTest, LostSpanCountsCostTheTracesBetweenThem) {
  std::vector<SpanSpec> specs = OneSpanEach(9000);
  specs.push_back({.trace = fmt::format("{:x}", 5000), .span = "2", .service = "web"});
  Load(specs);
  Lose(ColumnField::kTraceSpanCount, 1);

  EXPECT_TRUE(Finds(4096));
  EXPECT_FALSE(Finds(4097));
  EXPECT_FALSE(Finds(8192));
  EXPECT_TRUE(Finds(8193));
  EXPECT_TRUE(Finds(9000));
  EXPECT_NE(LeftOutText().find("4097 spans of 4096 traces are missing"), std::string::npos)
      << LeftOutText();
}

TEST_F(LostValuesTest, DependenciesCountWhatIsLeft) {
  std::vector<SpanSpec> specs = OneSpanEach(5000);
  for (std::size_t i = 1; i <= 5000; ++i) {
    specs.push_back({.trace = fmt::format("{:x}", i),
                     .span = "2",
                     .parent = "1",
                     .service = "db",
                     .start = static_cast<UnixNanos>(i)});
  }
  Load(specs);
  Lose(ColumnField::kTraceId, 1);

  const auto links = TestQuery(store_.storage()).Dependencies({.left_out = &left_out_}, 0, 10'000);

  ASSERT_EQ(links->size(), 1u);
  EXPECT_EQ(links->front().call_count, 4096u);
  EXPECT_FALSE(left_out_.empty());
}

Expression Is(expr::Reference reference, const std::string& text) {
  return Compare(expr::Op::kEqual, std::move(reference), expr::Literal::Untyped(text));
}
Expression IsNamed(const std::string& name) { return Is(expr::Of(Field::kName), name); }
Expression IsService(const std::string& name) { return Is(expr::Of(Field::kService), name); }
Expression HasError(const std::string& value) { return ConditionOf({.tags = {{"error", value}}}); }
expr::Reference Attribute(std::string key) {
  return expr::Attribute(expr::Scope::kSpanOrResource, std::move(key));
}

class ConditionTest : public LostValuesTest {
 protected:
  ConditionTest() {
    std::vector<SpanSpec> specs;
    for (const char* trace : {"1", "2"}) {
      model::Event event;
      event.name = "retry";
      event.attributes = {{"why", Value{std::string("late")}}};
      specs.push_back(
          {.trace = trace,
           .span = "1",
           .service = "web",
           .name = trace[0] == '1' ? "one" : "two",
           .start = 100,
           .status = trace[0] == '1' ? model::StatusCode::kUnset : model::StatusCode::kOk,
           .attributes = {{"k", Value{std::string("v")}}},
           .resource_attributes = {{"host", Value{std::string(trace)}}},
           .events = {event}});
    }
    Load(specs);
  }

  // Neither the condition nor its opposite holds for anything.
  void ExpectUnknown(const Expression& condition) {
    EXPECT_EQ(Count(condition), 0u);
    EXPECT_FALSE(left_out_.empty());
    EXPECT_EQ(Count(Not(condition)), 0u);
    EXPECT_EQ(Count(Not(Not(condition))), 0u);
  }
};

// With nothing but the pages to tell.
class LostConditionTest : public ConditionTest {
 protected:
  LostConditionTest() { LoseFilter(); }
};

TEST_F(LostConditionTest, AnAttributeThatIsLostNeitherMatchesNorDoesItNot) {
  const Expression equal = Is(Attribute("k"), "v");
  ASSERT_EQ(Count(equal), 2u);
  Lose(ColumnField::kAttribute, 0, "k");
  store_.Restart();  // without what is in the cache

  ExpectUnknown(equal);
  ExpectUnknown(Differs(equal));
  ExpectUnknown(Exists(Attribute("k")));
  ExpectUnknown(Compare(expr::Op::kEqual, Attribute("k"), expr::Of(Field::kName)));
}

TEST_F(LostConditionTest, WhatTheRestDecidesIsDecided) {
  Lose(ColumnField::kAttribute, 0, "k");
  const Expression lost = Is(Attribute("k"), "v");

  EXPECT_EQ(Count(expr::Or({lost, IsNamed("one")})), 1u);
  EXPECT_EQ(Count(expr::And({lost, IsNamed("one")})), 0u);
  EXPECT_EQ(Count(Not(expr::And({lost, IsNamed("one")}))), 1u);
  EXPECT_EQ(Count(Not(expr::Or({lost, IsNamed("one")}))), 0u);
  EXPECT_EQ(Count(Not(Is(Attribute("other"), "v"))), 2u);
}

TEST_F(LostConditionTest, SoItIsWithFields) {
  Lose(ColumnField::kName, 0);
  ExpectUnknown(IsNamed("one"));
  Lose(ColumnField::kStatusCode, 0);
  ExpectUnknown(Is(expr::Of(Field::kStatus), "error"));
  Lose(ColumnField::kSpanId, 0);
  ExpectUnknown(Exists(expr::Of(Field::kSpanId)));
}

TEST_F(LostConditionTest, SoItIsWithEventsAndWhoseTheyAre) {
  const expr::Reference why = expr::Attribute(expr::Scope::kEvent, "why");
  const Expression some = Some(model::Owner::kEvent, Is(why, "late"));
  ASSERT_EQ(Count(some), 2u);
  store_.Restart();
  Lose(ColumnField::kEventSpan, 0);

  ExpectUnknown(some);
  ExpectUnknown(Is(why, "late"));
  EXPECT_EQ(Count(Not(Is(why, "early"))), 2u);
}

TEST_F(LostConditionTest, SoItIsWithResources) {
  Lose(ColumnField::kResource, 0);
  ExpectUnknown(IsService("web"));
  EXPECT_EQ(Count(ConditionOf({.service = "web"})), 0u);
}

TEST_F(LostConditionTest, ALostNameIsNotTheNameOfWhatHasNone) {
  Lose(ColumnField::kAttribute, 0, "service.name");
  EXPECT_EQ(Count(ConditionOf({.service = "OTLPResourceNoServiceName"})), 0u);
  EXPECT_EQ(Count(ConditionOf({.service = ""})), 0u);
  EXPECT_FALSE(left_out_.empty());
  ExpectUnknown(IsService("web"));
}

TEST_F(LostConditionTest, NobodyKnowsWhetherALostStatusIsAnError) {
  EXPECT_EQ(Count(HasError("false")), 2u);
  store_.Restart();
  Lose(ColumnField::kStatusCode, 0);

  EXPECT_EQ(Count(HasError("false")), 0u);
  EXPECT_EQ(Count(HasError("true")), 0u);
  EXPECT_FALSE(left_out_.empty());
}

using FilteredConditionTest = ConditionTest;

TEST_F(FilteredConditionTest, WhatIsThereAndLostIsUnknown) {
  Lose(ColumnField::kAttribute, 0, "k");
  Lose(ColumnField::kStatusCode, 0);
  Lose(ColumnField::kName, 0);
  Lose(ColumnField::kAttribute, 0, "service.name");
  const Expression equal = Is(Attribute("k"), "v");

  ExpectUnknown(equal);
  ExpectUnknown(Differs(equal));
  ExpectUnknown(Exists(Attribute("k")));
  ExpectUnknown(Is(expr::Of(Field::kStatus), "unset"));
  ExpectUnknown(IsNamed("one"));
  ExpectUnknown(IsService("web"));
}

// Whatever was lost since: it was not that. Whether the opposite holds is asked of the pages.
TEST_F(FilteredConditionTest, WhatNeverWasThereIsKnownNotToHold) {
  Lose(ColumnField::kAttribute, 0, "k");
  Lose(ColumnField::kStatusCode, 0);
  for (const Expression& never :
       {Is(Attribute("k"), "other"), Is(expr::Of(Field::kStatus), "error")}) {
    EXPECT_EQ(Count(never), 0u);
    EXPECT_TRUE(left_out_.empty()) << LeftOutText();
    EXPECT_EQ(Count(Not(never)), 0u);
    EXPECT_FALSE(left_out_.empty());
    EXPECT_EQ(Count(Not(Not(never))), 0u);
  }
}

// What a disk does not give now says nothing of a block itself.
TEST_F(LostValuesTest, EachBlockThatCannotBeReadIsNamedOnce) {
  for (const char* trace : {"1", "2", "3"}) Load({{.trace = trace, .span = "1", .service = "web"}});
  store_.objects.Fail(storage::testing::FaultyObjectStore::Call::kRanges,
                      {Code::kUnavailable, "reading an object: input/output", {}});

  ::testing::internal::CaptureStderr();
  for (int i = 0; i < 3; ++i) Count(IsService("web"));
  const std::string log = ::testing::internal::GetCapturedStderr();

  const auto blocks = store_.objects.List("blocks/");
  ASSERT_EQ(blocks->size(), 3u);
  for (const auto& block : *blocks) {
    const std::size_t first = log.find("block=" + block.name);
    ASSERT_NE(first, std::string::npos) << log;
    EXPECT_EQ(log.find("block=" + block.name, first + 1), std::string::npos) << log;
  }
}

}  // namespace
}  // namespace clew::query
