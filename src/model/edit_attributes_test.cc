#include "model/edit_attributes.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "model/memory.h"
#include "model/select_rows.h"

/// What edits leave alone stays shared. What they do is compared with edits of objects in
/// wire/otlp/edit_property_test.cc.
namespace clew::model {
namespace {

constexpr std::uint32_t kSpanCount = 1'000;

AttributeColumn Numbers(Owner owner, std::string_view key, std::uint32_t row_count) {
  AttributeColumn column;
  column.owner = owner;
  column.type = ValueType::kInt;
  column.key = key;
  for (std::uint32_t row = 0; row < row_count; ++row) {
    column.rows.push_back(row);
    column.numbers.push_back(row);
  }
  return column;
}

// Two resources, a scope, and spans that are the first's but for the last.
SpanColumns Sample() {
  SpanColumns columns;
  AddRow<Owner::kResource>(&columns);
  AddRow<Owner::kResource>(&columns);
  AddRow<Owner::kScope>(&columns);
  for (std::uint32_t row = 0; row < kSpanCount; ++row) AddRow<Owner::kSpan>(&columns);
  columns.resource_indexes.Set(kSpanCount - 1, 1);
  AddRow<Owner::kEvent>(&columns);
  columns.attributes = {Numbers(Owner::kResource, "pid", 2), Numbers(Owner::kSpan, "a", kSpanCount),
                        Numbers(Owner::kSpan, "b", kSpanCount), Numbers(Owner::kEvent, "c", 1)};
  return columns;
}

const AttributeColumn* Find(const SpanColumns& columns, std::string_view key) {
  const auto found = std::ranges::find(columns.attributes, key, &AttributeColumn::key);
  return found == columns.attributes.end() ? nullptr : &*found;
}

bool AreShared(const SpanColumns& a, const SpanColumns& b, std::string_view key) {
  const AttributeColumn* const in_a = Find(a, key);
  const AttributeColumn* const in_b = Find(b, key);
  return in_a != nullptr && in_b != nullptr && in_a->rows.data() == in_b->rows.data() &&
         in_a->numbers.data() == in_b->numbers.data();
}

std::vector<std::uint32_t> AllRowsBut(std::uint32_t dropped) {
  std::vector<std::uint32_t> rows;
  for (std::uint32_t row = 0; row < kSpanCount; ++row) {
    if (row != dropped) rows.push_back(row);
  }
  return rows;
}

TEST(SetAttribute, TouchesNothingButTheColumnOfItsKey) {
  const SpanColumns original = Sample();
  SpanColumns edited = original;

  SetAttribute(Owner::kSpan, "a", {.type = ValueType::kInt, .number = 7}, AllRowsBut(3), &edited);

  ForEachColumn([](auto, const auto& a, const auto& b) { EXPECT_EQ(a.data(), b.data()); }, original,
                edited);
  EXPECT_TRUE(AreShared(original, edited, "pid"));
  EXPECT_TRUE(AreShared(original, edited, "b"));
  EXPECT_TRUE(AreShared(original, edited, "c"));
  EXPECT_FALSE(AreShared(original, edited, "a"));
  EXPECT_EQ(Find(edited, "a")->numbers[2], 7);
  EXPECT_EQ(Find(edited, "a")->numbers[3], 3);
  EXPECT_EQ(Find(original, "a")->numbers[2], 2);
}

TEST(SetAttribute, OfAnotherTypeTakesTheOldValueAway) {
  SpanColumns columns = Sample();

  SetAttribute(Owner::kResource, "pid", {.type = ValueType::kString, .text = "x"},
               std::vector<std::uint32_t>{0, 1}, &columns);

  EXPECT_EQ(std::ranges::count(columns.attributes, "pid", &AttributeColumn::key), 1);
  EXPECT_EQ(Find(columns, "pid")->strings, (Column<std::string_view>{"x", "x"}));
}

TEST(RemoveAttribute, LeavesAColumnAloneThatHasNoSuchRow) {
  const SpanColumns original = Sample();
  SpanColumns edited = original;
  SetAttribute(Owner::kSpan, "once", {.type = ValueType::kInt, .number = 7},
               std::vector<std::uint32_t>{500}, &edited);
  const SpanColumns before = edited;

  RemoveAttribute(Owner::kSpan, "once", AllRowsBut(500), &edited);
  EXPECT_TRUE(AreShared(before, edited, "once"));
  RemoveAttribute(Owner::kSpan, "once", std::vector<std::uint32_t>{500}, &edited);

  EXPECT_EQ(Find(edited, "once"), nullptr);
}

TEST(SelectSpans, SharesTheTablesThatLoseNothing) {
  const SpanColumns original = Sample();

  const SpanColumns selected = SelectSpans(original, AllRowsBut(10));

  EXPECT_EQ(selected.span_count(), kSpanCount - 1);
  const auto expect_shared = [](auto, const auto& a, const auto& b) {
    EXPECT_EQ(a.data(), b.data());
  };
  ForEachColumnOf<Owner::kResource>(expect_shared, original, selected);
  ForEachColumnOf<Owner::kScope>(expect_shared, original, selected);
  EXPECT_TRUE(AreShared(original, selected, "pid"));
  EXPECT_TRUE(AreShared(original, selected, "c"));
  EXPECT_EQ(original.events.times.data(), selected.events.times.data());
}

TEST(SelectSpans, OfAllSharesAll) {
  const SpanColumns original = Sample();

  const SpanColumns selected = SelectSpans(original, AllRowsBut(kSpanCount));

  ForEachColumn([](auto, const auto& a, const auto& b) { EXPECT_EQ(a.data(), b.data()); }, original,
                selected);
  for (const char* key : {"pid", "a", "b", "c"}) EXPECT_TRUE(AreShared(original, selected, key));
}

TEST(SelectSpans, TakesResourcesAwayThatNoSpanHas) {
  const SpanColumns selected = SelectSpans(Sample(), AllRowsBut(kSpanCount - 1));

  EXPECT_EQ(selected.resources.count(), 1u);
  EXPECT_EQ(Find(selected, "pid")->rows, (Column<std::uint32_t>{0}));
}

// Whoever lets go first: what is left holds the memory, and its bytes were always counted.
TEST(MemoryOf, CountsSharedColumnsForEachThatHasThem) {
  const SpanColumns original = Sample();
  const SpanColumns copy = original;

  EXPECT_EQ(MemoryOf(copy), MemoryOf(original));
}

TEST(AddValues, ComeBehindThoseThatARowHas) {
  SpanColumns columns;
  for (int row = 0; row < 4; ++row) AddRow<Owner::kSpan>(&columns);
  const std::vector<RowValue> first = {{.row = 1, .text = "one"}, {.row = 3, .text = "three"}};
  const std::vector<RowValue> second = {
      {.row = 0, .text = "zero"}, {.row = 1, .text = ""}, {.row = 1, .text = "more"}};

  AddValues(Owner::kSpan, "key", ValueType::kString, first, &columns);
  AddValues(Owner::kSpan, "key", ValueType::kString, second, &columns);
  AddValues(Owner::kSpan, "none", ValueType::kString, {}, &columns);

  ASSERT_EQ(columns.attributes.size(), 1u);
  const AttributeColumn& column = columns.attributes[0];
  EXPECT_EQ(column.rows, (Column<std::uint32_t>{0, 1, 1, 1, 3}));
  EXPECT_EQ(column.strings, (Column<std::string_view>{"zero", "one", "", "more", "three"}));
}

TEST(AddValues, ShareTheirText) {
  SpanColumns columns;
  columns.memory.emplace_back(std::string(60'000, 't'));
  const std::string_view text = columns.memory.front().view();
  std::vector<RowValue> values;
  for (std::uint32_t row = 0; row < 1000; ++row) {
    AddRow<Owner::kSpan>(&columns);
    values.push_back({.row = row, .text = text});
  }

  AddValues(Owner::kSpan, "key", ValueType::kString, values, &columns);

  EXPECT_EQ(columns.attributes[0].strings[999].data(), text.data());
  EXPECT_LT(MemoryOf(columns) - TableBytes(columns), 70'000u);
}

TEST(MadeTexts, LieInTheMemoryOfTheBatch) {
  SpanColumns columns;
  for (int row = 0; row < 3; ++row) AddRow<Owner::kSpan>(&columns);
  MadeTexts texts;
  texts.Add(0, "zero");
  texts.Add(1, "");
  texts.Add(2, "two");

  AddValues(Owner::kSpan, "key", ValueType::kString, std::move(texts).Give(&columns), &columns);

  EXPECT_EQ(columns.attributes[0].strings, (Column<std::string_view>{"zero", "", "two"}));
}

TEST(RemoveValues, TakesThoseThatAreMarked) {
  AttributeColumn column = Numbers(Owner::kSpan, "a", 5);
  const AttributeColumn before = column;

  RemoveValues({false, false, false, false, false}, &column);
  EXPECT_EQ(column.rows.data(), before.rows.data()) << "nothing is copied for nothing";
  RemoveValues({true, false, true, true, false}, &column);

  EXPECT_EQ(column.rows, (Column<std::uint32_t>{1, 4}));
  EXPECT_EQ(column.numbers, (Column<std::int64_t>{1, 4}));
  RemoveValues({true, true}, &column);
  EXPECT_TRUE(column.rows.empty());
}

}  // namespace
}  // namespace clew::model
