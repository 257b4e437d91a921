#pragma once

#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "base/vocabulary.h"
#include "model/column.h"
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

/// A set of spans, column by column: the currency between decoder, head, block and query.
///
/// Every column of a table has the table's length. Text is views into memory that `memory` keeps
/// alive: dictionaries are made when a row group is sealed, where they span many batches
/// (docs/design/001). The order of attributes of different keys is not kept. Immutable once shared
/// by pointer: an edit is made to a copy, which shares all columns but those that it changes.
struct SpanColumns {
  // Table of spans.
  Column<TraceId> trace_ids;
  Column<SpanId> span_ids;
  Column<SpanId> parent_span_ids;
  Column<UnixNanos> starts;
  Column<UnixNanos> ends;
  Column<std::int32_t> kinds;
  Column<std::int32_t> status_codes;
  Column<std::uint32_t> flags;
  Column<std::string_view> names;
  Column<std::string_view> status_messages;
  Column<std::string_view> trace_states;
  Column<std::uint32_t> dropped_attributes_counts;
  Column<std::uint32_t> dropped_events_counts;
  Column<std::uint32_t> dropped_links_counts;
  Column<std::uint32_t> resource_indexes;
  Column<std::uint32_t> scope_indexes;

  struct Resources {
    Column<std::string_view> schema_urls;
    Column<std::uint32_t> dropped_attributes_counts;
    /// The entity_refs fields of the Resource message, encoded, with their tags.
    Column<std::string_view> entity_refs;
    std::size_t count() const { return schema_urls.size(); }
  } resources;

  struct Scopes {
    Column<std::string_view> names;
    Column<std::string_view> versions;
    Column<std::string_view> schema_urls;
    Column<std::uint32_t> dropped_attributes_counts;
    std::size_t count() const { return names.size(); }
  } scopes;

  struct Events {
    Column<std::uint32_t> span_rows;  // never descending
    Column<UnixNanos> times;
    Column<std::string_view> names;
    Column<std::uint32_t> dropped_attributes_counts;
    std::size_t count() const { return span_rows.size(); }
  } events;

  struct Links {
    Column<std::uint32_t> span_rows;  // never descending
    Column<TraceId> trace_ids;
    Column<SpanId> span_ids;
    Column<std::string_view> trace_states;
    Column<std::uint32_t> flags;
    Column<std::uint32_t> dropped_attributes_counts;
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

/// The list of columns: calls `visit(role, column of each of spans…)` for all but attributes. A
/// column that is added to a table above is added here, and nowhere else in model.
template <typename Visit, typename... Spans>
constexpr void ForEachColumn(Visit visit, Spans&... spans) {
  using enum Owner;
  visit(ColumnRole<kSpan>(), spans.trace_ids...);
  visit(ColumnRole<kSpan>(), spans.span_ids...);
  visit(ColumnRole<kSpan>(), spans.parent_span_ids...);
  visit(ColumnRole<kSpan>(), spans.starts...);
  visit(ColumnRole<kSpan>(), spans.ends...);
  visit(ColumnRole<kSpan>(), spans.kinds...);
  visit(ColumnRole<kSpan>(), spans.status_codes...);
  visit(ColumnRole<kSpan>(), spans.flags...);
  visit(ColumnRole<kSpan>(), spans.names...);
  visit(ColumnRole<kSpan>(), spans.status_messages...);
  visit(ColumnRole<kSpan>(), spans.trace_states...);
  visit(ColumnRole<kSpan>(), spans.dropped_attributes_counts...);
  visit(ColumnRole<kSpan>(), spans.dropped_events_counts...);
  visit(ColumnRole<kSpan>(), spans.dropped_links_counts...);
  visit(ColumnRole<kSpan, kResource>(), spans.resource_indexes...);
  visit(ColumnRole<kSpan, kScope>(), spans.scope_indexes...);
  visit(ColumnRole<kResource>(), spans.resources.schema_urls...);
  visit(ColumnRole<kResource>(), spans.resources.dropped_attributes_counts...);
  visit(ColumnRole<kResource>(), spans.resources.entity_refs...);
  visit(ColumnRole<kScope>(), spans.scopes.names...);
  visit(ColumnRole<kScope>(), spans.scopes.versions...);
  visit(ColumnRole<kScope>(), spans.scopes.schema_urls...);
  visit(ColumnRole<kScope>(), spans.scopes.dropped_attributes_counts...);
  visit(ColumnRole<kEvent, kSpan>(), spans.events.span_rows...);
  visit(ColumnRole<kEvent>(), spans.events.times...);
  visit(ColumnRole<kEvent>(), spans.events.names...);
  visit(ColumnRole<kEvent>(), spans.events.dropped_attributes_counts...);
  visit(ColumnRole<kLink, kSpan>(), spans.links.span_rows...);
  visit(ColumnRole<kLink>(), spans.links.trace_ids...);
  visit(ColumnRole<kLink>(), spans.links.span_ids...);
  visit(ColumnRole<kLink>(), spans.links.trace_states...);
  visit(ColumnRole<kLink>(), spans.links.flags...);
  visit(ColumnRole<kLink>(), spans.links.dropped_attributes_counts...);
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
