#pragma once

#include "model/span_columns.h"
#include "storage/column_reader.h"

namespace clew::storage {

/// The traces of a row group: trace i has the spans [starts[i], starts[i+1]).
struct TraceTable {
  Bytes ids;  // 16 bytes each, ascending
  std::vector<std::uint32_t> span_starts;
  std::vector<UnixNanos> start_times;
  /// Of start times: those that are lost are the earliest of the row group.
  Damage damage;

  std::size_t count() const { return start_times.size(); }
  TraceId Id(std::size_t trace) const;
  /// Nothing when the trace is not here.
  std::optional<std::size_t> Find(const TraceId& id) const;
  /// The trace of a span row.
  std::size_t TraceOf(std::uint32_t span_row) const;
};

/// Cached in the reader's cache. DATA_LOSS when the traces cannot be told apart.
Result<std::shared_ptr<const TraceTable>> ReadTraceTable(const ColumnReader& reader);

/// The spans of the traces `wanted`, rows of `traces` that ascend, at least one; only the resources
/// and scopes that they use, unless all are wanted. Columns beyond `extent` are filled with empty
/// values. What is damaged is left out (SpanSource::PastDamage) and told in `damage`.
Result<model::SpanColumnsPtr> ReadSpans(const ColumnReader& reader, const TraceTable& traces,
                                        std::span<const std::size_t> wanted, ReadExtent extent,
                                        Damage* damage);

}  // namespace clew::storage
