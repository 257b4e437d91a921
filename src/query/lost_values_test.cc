#include <gtest/gtest.h>

#include <algorithm>

#include "query/filter.h"
#include "query/store_query.h"
#include "storage/block.h"
#include "storage/testing/test_store.h"

// Searches in a block of which pages are lost: what is lost is unknown, and the answer says so.
namespace clew::query {
namespace {

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

  // Spoils a page of values of the only block.
  void Lose(ColumnField field, std::size_t page, const std::string& key = {}) {
    const auto blocks = store_.objects.List("blocks/");
    ASSERT_EQ(blocks->size(), 1u);
    const auto layout = storage::ReadBlockLayout(store_.objects, blocks->front().name);
    ASSERT_TRUE(layout.has_value());
    const storage::BlockLayout::Group& group = layout->groups.front();
    const auto& columns = group.directory->columns;
    const auto column = std::ranges::find_if(columns, [&](const storage::ColumnEntry& entry) {
      return entry.field == field && entry.key == key;
    });
    ASSERT_NE(column, columns.end());
    const std::size_t index = column->first_value_page() + page;
    ASSERT_LT(index, column->pages.size());
    store_.objects.Spoil(group.offset + column->pages[index].offset);
  }

  std::size_t Count(const SearchRequest& request) {
    left_out_ = {};
    const auto found = StoreQuery(store_.storage()).Search({.left_out = &left_out_}, request);
    EXPECT_TRUE(found.has_value());
    return found.has_value() ? found->traces.size() : 0;
  }
  std::size_t Count(FilterCall filter) {
    return Count({.filter = std::make_shared<const FilterCall>(std::move(filter)), .limit = 100});
  }
  bool Finds(std::size_t trace) {
    left_out_ = {};
    return StoreQuery(store_.storage())
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
  EXPECT_EQ(Count({.service = "web", .start_min = 4000, .limit = 10'000}), 97u);
  EXPECT_EQ(Count({.service = "web", .limit = 1}), 1u);
  EXPECT_FALSE(left_out_.empty());
}

TEST_F(LostValuesTest, LostSpanCountsCostTheTracesBetweenThem) {
  Load(OneSpanEach(9000));
  Lose(ColumnField::kTraceSpanCount, 1);

  EXPECT_TRUE(Finds(4096));
  EXPECT_FALSE(Finds(4097));
  EXPECT_FALSE(Finds(8192));
  EXPECT_TRUE(Finds(8193));
  EXPECT_TRUE(Finds(9000));
  EXPECT_NE(LeftOutText().find("4096 spans of 4096 traces are missing"), std::string::npos)
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

  const auto links = StoreQuery(store_.storage()).Dependencies({.left_out = &left_out_}, 0, 10'000);

  ASSERT_EQ(links->size(), 1u);
  EXPECT_EQ(links->front().call_count, 4096u);
  EXPECT_FALSE(left_out_.empty());
}

FilterCall Leaf(FilterOp op, FilterReference reference, const std::string& text) {
  FilterCall call{.op = op, .references = {std::move(reference)}};
  if (op != FilterOp::kExists) call.constants = {{.text = text}};
  return call;
}
FilterCall Not(FilterCall call) { return {.op = FilterOp::kNot, .calls = {std::move(call)}}; }
FilterCall Both(FilterOp op, FilterCall left, FilterCall right) {
  return {.op = op, .calls = {std::move(left), std::move(right)}};
}
FilterCall IsNamed(const std::string& name) {
  return Leaf(FilterOp::kEq, {.level = FilterLevel::kSpan, .field = FilterField::kName}, name);
}

class LostFilterTest : public LostValuesTest {
 protected:
  LostFilterTest() {
    std::vector<SpanSpec> specs;
    for (const char* trace : {"1", "2"}) {
      model::Event event;
      event.name = "retry";
      event.attributes = {{"why", Value{std::string("late")}}};
      specs.push_back({.trace = trace,
                       .span = "1",
                       .service = "web",
                       .name = trace[0] == '1' ? "one" : "two",
                       .start = 100,
                       .attributes = {{"k", Value{std::string("v")}}},
                       .events = {event}});
    }
    Load(specs);
  }

  // Neither the call nor its opposite holds for anything.
  void ExpectUnknown(const FilterCall& call) {
    EXPECT_EQ(Count(call), 0u);
    EXPECT_FALSE(left_out_.empty());
    EXPECT_EQ(Count(Not(call)), 0u);
    EXPECT_EQ(Count(Not(Not(call))), 0u);
  }
};

TEST_F(LostFilterTest, AnAttributeThatIsLostNeitherMatchesNorDoesItNot) {
  const FilterCall equal = Leaf(FilterOp::kEq, {.key = "k"}, "v");
  ASSERT_EQ(Count(equal), 2u);
  Lose(ColumnField::kAttribute, 0, "k");
  store_.Restart();  // without what is in the cache

  ExpectUnknown(equal);
  ExpectUnknown(Leaf(FilterOp::kNe, {.key = "k"}, "v"));
  ExpectUnknown(Leaf(FilterOp::kExists, {.key = "k"}, ""));
  FilterCall pair = equal;
  pair.constants.clear();
  pair.references.push_back({.level = FilterLevel::kSpan, .field = FilterField::kName});
  ExpectUnknown(pair);
}

TEST_F(LostFilterTest, WhatTheRestDecidesIsDecided) {
  Lose(ColumnField::kAttribute, 0, "k");
  const FilterCall lost = Leaf(FilterOp::kEq, {.key = "k"}, "v");

  EXPECT_EQ(Count(Both(FilterOp::kOr, lost, IsNamed("one"))), 1u);
  EXPECT_EQ(Count(Both(FilterOp::kAnd, lost, IsNamed("one"))), 0u);
  EXPECT_EQ(Count(Not(Both(FilterOp::kAnd, lost, IsNamed("one")))), 1u);
  EXPECT_EQ(Count(Not(Both(FilterOp::kOr, lost, IsNamed("one")))), 0u);
  EXPECT_EQ(Count(Not(Leaf(FilterOp::kEq, {.key = "other"}, "v"))), 2u);
}

TEST_F(LostFilterTest, SoItIsWithFields) {
  Lose(ColumnField::kName, 0);
  ExpectUnknown(IsNamed("one"));
  Lose(ColumnField::kStatusCode, 0);
  ExpectUnknown(
      Leaf(FilterOp::kEq, {.level = FilterLevel::kSpan, .field = FilterField::kStatus}, "error"));
  Lose(ColumnField::kSpanId, 0);
  ExpectUnknown(
      Leaf(FilterOp::kExists, {.level = FilterLevel::kSpan, .field = FilterField::kSpanId}, ""));
}

TEST_F(LostFilterTest, SoItIsWithEventsAndWhoseTheyAre) {
  const FilterReference why{.level = FilterLevel::kEvent, .key = "why"};
  const FilterCall some{.op = FilterOp::kSome,
                        .calls = {Leaf(FilterOp::kEq, why, "late")},
                        .some_level = FilterLevel::kEvent};
  ASSERT_EQ(Count(some), 2u);
  store_.Restart();
  Lose(ColumnField::kEventSpan, 0);

  ExpectUnknown(some);
  ExpectUnknown(Leaf(FilterOp::kEq, why, "late"));
  EXPECT_EQ(Count(Not(Leaf(FilterOp::kEq, why, "early"))), 2u);
}

TEST_F(LostFilterTest, SoItIsWithResources) {
  Lose(ColumnField::kResource, 0);
  const FilterReference service{.level = FilterLevel::kResource, .field = FilterField::kService};

  ExpectUnknown(Leaf(FilterOp::kEq, service, "web"));
  EXPECT_EQ(Count({.service = "web"}), 0u);
}

TEST_F(LostFilterTest, ALostNameIsNotTheNameOfWhatHasNone) {
  Lose(ColumnField::kAttribute, 0, "service.name");
  const FilterReference service{.level = FilterLevel::kResource, .field = FilterField::kService};

  EXPECT_EQ(Count({.service = "OTLPResourceNoServiceName"}), 0u);
  EXPECT_EQ(Count({.service = ""}), 0u);
  EXPECT_FALSE(left_out_.empty());
  ExpectUnknown(Leaf(FilterOp::kEq, service, "web"));
}

TEST_F(LostFilterTest, NobodyKnowsWhetherALostStatusIsAnError) {
  EXPECT_EQ(Count({.tags = {{"error", "false"}}}), 2u);
  store_.Restart();
  Lose(ColumnField::kStatusCode, 0);

  EXPECT_EQ(Count({.tags = {{"error", "false"}}}), 0u);
  EXPECT_EQ(Count({.tags = {{"error", "true"}}}), 0u);
  EXPECT_FALSE(left_out_.empty());
}

// What a disk does not give now says nothing of a block itself.
TEST_F(LostValuesTest, EachBlockThatCannotBeReadIsNamedOnce) {
  for (const char* trace : {"1", "2", "3"}) Load({{.trace = trace, .span = "1", .service = "web"}});
  store_.objects.Fail(storage::testing::FaultyObjectStore::Call::kRanges,
                      {Code::kUnavailable, "reading an object: input/output", {}});

  ::testing::internal::CaptureStderr();
  for (int i = 0; i < 3; ++i) Count({.service = "web"});
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
