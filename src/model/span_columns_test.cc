#include "model/span_columns.h"

#include <gtest/gtest.h>

#include <set>

namespace clew::model {
namespace {

// That none is missing is checked when span_columns.h is compiled.
TEST(ForEachColumn, VisitsEachOnce) {
  const SpanColumns columns;
  std::set<const void*> visited;
  std::size_t count = 0;

  ForEachColumn(
      [&](auto, const auto& column) {
        visited.insert(&column);
        ++count;
      },
      columns);

  EXPECT_EQ(visited.size(), count);
}

TEST(ForEachColumn, GivesTheSameColumnOfEach) {
  SpanColumns a;
  const SpanColumns b;
  const auto place = [](const SpanColumns& columns, const auto& column) {
    return reinterpret_cast<const char*>(&column) - reinterpret_cast<const char*>(&columns);
  };

  ForEachColumn(
      [&](auto, auto& in_a, const auto& in_b) { EXPECT_EQ(place(a, in_a), place(b, in_b)); }, a, b);
}

TEST(AddRow, AddsToAllColumnsOfItsTableAlone) {
  SpanColumns columns;
  AddRow<Owner::kSpan>(&columns);
  AddRow<Owner::kSpan>(&columns);
  AddRow<Owner::kResource>(&columns);
  AddRow<Owner::kLink>(&columns);

  const auto expect_count = [&](auto role, const auto& column) {
    EXPECT_EQ(column.size(), RowCount(columns, role.owner));
  };
  ForEachColumn(expect_count, columns);
  EXPECT_EQ(RowCount(columns, Owner::kSpan), 2u);
  EXPECT_EQ(RowCount(columns, Owner::kResource), 1u);
  EXPECT_EQ(RowCount(columns, Owner::kScope), 0u);
  EXPECT_EQ(RowCount(columns, Owner::kEvent), 0u);
  EXPECT_EQ(RowCount(columns, Owner::kLink), 1u);
}

TEST(RowBytes, IsWhatTheColumnsOfATableTakeForARow) {
  // Row of the span, time, name, count.
  EXPECT_EQ(RowBytes<Owner::kEvent>(), 4 + 8 + sizeof(std::string_view) + 4);
}

}  // namespace
}  // namespace clew::model
