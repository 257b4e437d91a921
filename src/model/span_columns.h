#pragma once

#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "base/vocabulary.h"
#include "model/trace_data.h"
#include "model/value.h"

namespace clew::model {

/// All values of one (owner, key, type) in a batch, in row order.
struct AttributeColumn {
  Owner owner = Owner::kSpan;
  ValueType type = ValueType::kEmpty;
  std::string_view key;
  /// Row of the owner's table for each value, never descending; a duplicate key repeats its row.
  std::vector<std::uint32_t> rows;
  /// Text and bytes as they are; arrays and lists as the encoded ArrayValue / KeyValueList message.
  std::vector<std::string_view> strings;
  /// Ints; bools as 0 and 1; doubles by their bits.
  std::vector<std::int64_t> numbers;

  std::size_t count() const { return rows.size(); }
};

/// A set of spans, column by column: the currency between decoder, head, block and query.
///
/// Every vector of a table has the table's length. Text is views into memory that `memory` keeps
/// alive: dictionaries are made when a row group is sealed, where they span many batches
/// (docs/design/001). The order of attributes of different keys is not kept. Immutable once shared.
struct SpanColumns {
  // Table of spans.
  std::vector<TraceId> trace_ids;
  std::vector<SpanId> span_ids;
  std::vector<SpanId> parent_span_ids;
  std::vector<UnixNanos> starts;
  std::vector<UnixNanos> ends;
  std::vector<std::int32_t> kinds;
  std::vector<std::int32_t> status_codes;
  std::vector<std::uint32_t> flags;
  std::vector<std::string_view> names;
  std::vector<std::string_view> status_messages;
  std::vector<std::string_view> trace_states;
  std::vector<std::uint32_t> dropped_attributes_counts;
  std::vector<std::uint32_t> dropped_events_counts;
  std::vector<std::uint32_t> dropped_links_counts;
  std::vector<std::uint32_t> resource_indexes;
  std::vector<std::uint32_t> scope_indexes;

  struct Resources {
    std::vector<std::string_view> schema_urls;
    std::vector<std::uint32_t> dropped_attributes_counts;
    /// The entity_refs fields of the Resource message, encoded, with their tags.
    std::vector<std::string_view> entity_refs;
    std::size_t count() const { return schema_urls.size(); }
  } resources;

  struct Scopes {
    std::vector<std::string_view> names;
    std::vector<std::string_view> versions;
    std::vector<std::string_view> schema_urls;
    std::vector<std::uint32_t> dropped_attributes_counts;
    std::size_t count() const { return names.size(); }
  } scopes;

  struct Events {
    std::vector<std::uint32_t> span_rows;  // never descending
    std::vector<UnixNanos> times;
    std::vector<std::string_view> names;
    std::vector<std::uint32_t> dropped_attributes_counts;
    std::size_t count() const { return span_rows.size(); }
  } events;

  struct Links {
    std::vector<std::uint32_t> span_rows;  // never descending
    std::vector<TraceId> trace_ids;
    std::vector<SpanId> span_ids;
    std::vector<std::string_view> trace_states;
    std::vector<std::uint32_t> flags;
    std::vector<std::uint32_t> dropped_attributes_counts;
    std::size_t count() const { return span_rows.size(); }
  } links;

  std::vector<AttributeColumn> attributes;
  std::vector<Bytes> memory;
  /// Limits took something away when these were decoded: the bytes they are of hold more.
  bool is_cut = false;

  std::size_t span_count() const { return trace_ids.size(); }
};

using SpanColumnsPtr = std::shared_ptr<const SpanColumns>;

}  // namespace clew::model
