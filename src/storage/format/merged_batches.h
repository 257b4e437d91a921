#pragma once

#include <cstdint>
#include <vector>

#include "model/span_columns.h"

namespace clew::storage {

/// Where a row of the merged table comes from.
struct RowOrigin {
  std::uint32_t batch;
  std::uint32_t row;
};

/// One table of several batches, renumbered.
struct MergedTable {
  /// For each new row its origin.
  std::vector<RowOrigin> origins;
  /// For each batch, for each of its rows, the new row; kAbsorbed when another row stands for it.
  std::vector<std::vector<std::uint32_t>> places;

  static constexpr std::uint32_t kAbsorbed = 0xffffffff;
  std::uint32_t row_count() const { return static_cast<std::uint32_t>(origins.size()); }
};

/// The order that a row group gives to the spans of several batches: by trace, so that it is a
/// range of rows, and within it depth first (trace_order.h), siblings by start and span id. Equal
/// resources and equal scopes become one.
struct MergedBatches {
  std::vector<model::SpanColumnsPtr> batches;
  MergedTable spans;
  MergedTable resources;
  MergedTable scopes;
  MergedTable events;
  MergedTable links;
  /// For each batch, for each of its resources (scopes), the new row, absorbed or not.
  std::vector<std::vector<std::uint32_t>> resource_rows;
  std::vector<std::vector<std::uint32_t>> scope_rows;
  /// First new row of each trace, and the number of spans at the end.
  std::vector<std::uint32_t> trace_starts;
  /// Of each trace the earliest start of a span.
  std::vector<UnixNanos> trace_start_times;
  /// Places of those that repeat the id of a span.
  std::vector<std::uint32_t> repeating_traces;
  /// For each new row the row of its parent in the trace, or what DepthFirstOrder says instead.
  std::vector<std::uint32_t> parents;

  const model::SpanColumns& BatchOf(RowOrigin origin) const { return *batches[origin.batch]; }
  const MergedTable& TableOf(model::Owner owner) const;
};

MergedBatches MergeBatches(const std::vector<model::SpanColumnsPtr>& batches);

}  // namespace clew::storage
