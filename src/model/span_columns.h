#pragma once

#include <cstdint>
#include <memory>
#include <string_view>
#include <tuple>
#include <vector>

#include "base/vocabulary.h"
#include "model/column.h"
#include "model/span_fields.h"
#include "model/trace_data.h"
#include "model/value.h"

namespace clew::model {

/// All values of one (owner, key, type) in a batch, in row order.
struct AttributeColumn {
  Owner owner = Owner::kSpan;
  ValueType type = ValueType::kEmpty;
  std::string_view key;
  /// Row of the owner's table for each value, never descending; a duplicate key repeats its row.
  Column<std::uint32_t> rows;
  /// Text and bytes as they are; arrays and lists as the encoded ArrayValue / KeyValueList message.
  Column<std::string_view> strings;
  /// Ints; bools as 0 and 1; doubles by their bits.
  Column<std::int64_t> numbers;

  std::size_t count() const { return rows.size(); }
};

/// The columns of each table: `Each<Cell>` for each field of the list.
#define CLEW_COLUMN(Id, column, object, Form, ...) Each<form::Form::Cell> column{};
template <template <typename> typename Each>
struct SpanTable {
  CLEW_SPAN_FIELDS(CLEW_COLUMN)
};
template <template <typename> typename Each>
struct ResourceTable {
  CLEW_RESOURCE_FIELDS(CLEW_COLUMN)
};
template <template <typename> typename Each>
struct ScopeTable {
  CLEW_SCOPE_FIELDS(CLEW_COLUMN)
};
template <template <typename> typename Each>
struct EventTable {
  CLEW_EVENT_FIELDS(CLEW_COLUMN)
};
template <template <typename> typename Each>
struct LinkTable {
  CLEW_LINK_FIELDS(CLEW_COLUMN)
};
#undef CLEW_COLUMN

template <typename Cell>
using OneCell = Cell;
/// The cells of one row of a table, but for what refers to another table.
template <Owner kOwner>
using Row =
    std::tuple_element_t<static_cast<std::size_t>(kOwner),
                         std::tuple<SpanTable<OneCell>, ResourceTable<OneCell>, ScopeTable<OneCell>,
                                    EventTable<OneCell>, LinkTable<OneCell>>>;

/// A set of spans, column by column: the currency between decoder, head, block and query.
///
/// Every column of a table has the table's length. Text is views into memory that `memory` keeps
/// alive: dictionaries are made when a row group is sealed, where they span many batches
/// (docs/design/001). The order of attributes of different keys is not kept. Immutable once shared
/// by pointer: an edit is made to a copy, which shares all columns but those that it changes.
struct SpanColumns : SpanTable<Column> {
  Column<std::uint32_t> resource_indexes;
  Column<std::uint32_t> scope_indexes;

  struct Resources : ResourceTable<Column> {
    std::size_t count() const { return schema_urls.size(); }
  } resources;

  struct Scopes : ScopeTable<Column> {
    std::size_t count() const { return names.size(); }
  } scopes;

  struct Events : EventTable<Column> {
    Column<std::uint32_t> span_rows;  // never descending
    std::size_t count() const { return span_rows.size(); }
  } events;

  struct Links : LinkTable<Column> {
    Column<std::uint32_t> span_rows;  // never descending
    std::size_t count() const { return span_rows.size(); }
  } links;

  std::vector<AttributeColumn> attributes;
  std::vector<Bytes> memory;
  /// Limits took something away when these were decoded: the bytes they are of hold more.
  bool is_cut = false;

  std::size_t span_count() const { return trace_ids.size(); }
};

using SpanColumnsPtr = std::shared_ptr<const SpanColumns>;

/// What a column is for: the table that it belongs to, and the table whose rows its values are.
template <Owner kOwner, Owner kTarget = kOwner>
struct ColumnRole {
  static constexpr Owner owner = kOwner;
  /// Its values are rows of the table of `target`.
  static constexpr bool is_reference = kTarget != kOwner;
  static constexpr Owner target = kTarget;
};

/// Calls `visit(role, column of each of spans…)` for all columns but attributes: those of fields,
/// and those that refer to another table.
template <typename Visit, typename... Spans>
constexpr void ForEachColumn(Visit visit, Spans&... spans) {
  using enum Owner;
  ForEach(AllFields(), [&](auto field) { visit(ColumnRole<field.owner>(), field.Of(spans)...); });
  visit(ColumnRole<kSpan, kResource>(), spans.resource_indexes...);
  visit(ColumnRole<kSpan, kScope>(), spans.scope_indexes...);
  visit(ColumnRole<kEvent, kSpan>(), spans.events.span_rows...);
  visit(ColumnRole<kLink, kSpan>(), spans.links.span_rows...);
}

/// The same for the columns of one table.
template <Owner kOwner, typename Visit, typename... Spans>
constexpr void ForEachColumnOf(Visit visit, Spans&... spans) {
  ForEachColumn(
      [&visit](auto role, auto&... columns) {
        if constexpr (role.owner == kOwner) visit(role, columns...);
      },
      spans...);
}

/// Bytes that the columns of this table take for one row.
template <Owner kOwner>
consteval std::size_t RowBytes() {
  std::size_t bytes = 0;
  const SpanColumns none;
  ForEachColumnOf<kOwner>([&](auto, const auto& column) { bytes += sizeof(column[0]); }, none);
  return bytes;
}

/// Appends a row of zeros and empty texts to the table; what its attributes are is not touched.
template <Owner kOwner>
void AddRow(SpanColumns* columns) {
  ForEachColumnOf<kOwner>([](auto, auto& column) { column.push_back({}); }, *columns);
}

/// How many rows the table of `owner` has.
inline std::size_t RowCount(const SpanColumns& columns, Owner owner) {
  switch (owner) {
    case Owner::kResource:
      return columns.resources.count();
    case Owner::kScope:
      return columns.scopes.count();
    case Owner::kEvent:
      return columns.events.count();
    case Owner::kLink:
      return columns.links.count();
    case Owner::kSpan:
      break;
  }
  return columns.span_count();
}

/// So that no column is missing from the list.
consteval bool ListsAllColumns() {
  std::size_t bytes = 0;
  const SpanColumns none;
  ForEachColumn([&](auto, const auto& column) { bytes += sizeof(column); }, none);
  struct Rest {
    decltype(SpanColumns::attributes) attributes;
    decltype(SpanColumns::memory) memory;
    decltype(SpanColumns::is_cut) is_cut;
  };
  return sizeof(SpanColumns) == bytes + sizeof(Rest);
}
static_assert(ListsAllColumns(), "a column of SpanColumns is not in ForEachColumn");

}  // namespace clew::model
