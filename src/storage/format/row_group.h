#pragma once

#include <optional>
#include <vector>

#include "model/span_columns.h"
#include "scan/span_source.h"
#include "storage/format/filter_keys.h"
#include "storage/format/repeating_traces.h"
#include "storage/format/row_group_directory.h"
#include "storage/format/tag_roll_up.h"

namespace clew::storage {

/// Sealed spans in their stored form: the unit of search and the content of blocks.
struct RowGroup {
  RowGroupDirectory directory;
  Bytes pages;
  /// For the filters of its block (block_filters.h): of each trace id its hash, and what the values
  /// are found by.
  std::vector<std::uint64_t> trace_keys;
  FilterKeys value_keys;
  /// For the roll-up of its block (roll_up.h): all operations, or none when they are too many.
  std::vector<scan::OperationCount> operations;
  /// For that of tags (tag_roll_up.h): nothing when they are too many.
  std::optional<TagCounts> tags{};
  RepeatingTraces repeating_traces{};
};

/// What a filter of trace ids holds of one.
std::uint64_t TraceKeyOf(const TraceId& id);

/// About how much memory it takes.
std::uint64_t MemoryOf(const RowGroup& row_group);

struct RowGroupLimits {
  /// Attribute columns with pages of their own; the rarest beyond go to the overflow page.
  std::uint32_t attribute_column_count_max = 400;
  /// What readers take; tests lower it.
  std::uint64_t span_count_max = kRowGroupSpansMax;
  std::uint64_t row_count_max = kRowGroupRowsMax;
  std::uint64_t text_bytes_max = kColumnTextBytesMax;
};

/// Seals the spans of `batches`: at least one span, and together no more than CheckRowGroupSize
/// allows, or they cannot be read again. Duplicates are kept:
/// readers remove them. Pure; costs about 1 µs a span of 25 attributes.
RowGroup BuildRowGroup(const std::vector<model::SpanColumnsPtr>& batches,
                       const RowGroupLimits& limits);

}  // namespace clew::storage
