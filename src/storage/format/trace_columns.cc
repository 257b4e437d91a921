#include "storage/format/trace_columns.h"

#include <algorithm>
#include <string>

#include "base/hash.h"
#include "storage/format/row_group.h"
#include "storage/format/trace_order.h"

namespace clew::storage {
namespace {

using model::SpanColumns;

}  // namespace

std::uint64_t TraceKeyOf(const TraceId& id) {
  return base::Hash64({reinterpret_cast<const char*>(id.bytes.data()), id.bytes.size()});
}

std::vector<std::uint64_t> WriteTraces(const MergedBatches& merged, PageWriter* writer) {
  std::vector<std::uint64_t> keys;
  std::string ids;
  std::vector<std::int64_t> counts;
  std::vector<std::int64_t> errors;
  std::vector<std::int64_t> durations;
  std::vector<std::int64_t> roots;
  for (std::size_t trace = 0; trace + 1 < merged.trace_starts.size(); ++trace) {
    const std::uint32_t first = merged.trace_starts[trace];
    const std::uint32_t last = merged.trace_starts[trace + 1];
    const RowOrigin origin = merged.spans.origins[first];
    const TraceId& id = merged.BatchOf(origin).trace_ids[origin.row];
    ids.append(reinterpret_cast<const char*>(id.bytes.data()), id.bytes.size());
    keys.push_back(TraceKeyOf(id));
    UnixNanos end = merged.trace_start_times[trace];
    std::int64_t error_count = 0;
    std::int64_t root = 0;
    for (std::uint32_t row = first; row < last; ++row) {
      const RowOrigin span = merged.spans.origins[row];
      const SpanColumns& columns = merged.BatchOf(span);
      end = std::max(end, columns.ends[span.row]);
      error_count += columns.status_codes[span.row] == 2 ? 1 : 0;
      if (root == 0 && columns.parent_span_ids[span.row].is_zero()) root = row - first + 1;
    }
    counts.push_back(last - first);
    errors.push_back(error_count);
    durations.push_back(TimeDifference(end, merged.trace_start_times[trace]));
    roots.push_back(root);
  }
  writer->Fixed({.field = ColumnField::kTraceId}, ids, 16);
  writer->Numbers({.field = ColumnField::kTraceSpanCount}, counts);
  writer->Numbers({.field = ColumnField::kTraceErrorCount}, errors);
  writer->Numbers({.field = ColumnField::kTraceStart}, merged.trace_start_times);
  writer->Numbers({.field = ColumnField::kTraceDuration}, durations);
  writer->Numbers({.field = ColumnField::kTraceRoot}, roots);
  return keys;
}

void WriteParents(const MergedBatches& merged, PageWriter* writer) {
  std::vector<std::int64_t> parents;
  parents.reserve(merged.parents.size());
  std::string away;
  std::vector<std::uint32_t> away_rows;
  for (std::uint32_t row = 0; row < merged.parents.size(); ++row) {
    const std::uint32_t parent = merged.parents[row];
    if (parent == DepthFirstOrder::kNoParent) {
      parents.push_back(0);
    } else if (parent != DepthFirstOrder::kParentAway) {
      parents.push_back(std::int64_t{parent} + 2);
    } else {
      parents.push_back(1);
      away_rows.push_back(row);
      const RowOrigin origin = merged.spans.origins[row];
      const SpanId& id = merged.BatchOf(origin).parent_span_ids[origin.row];
      away.append(reinterpret_cast<const char*>(id.bytes.data()), id.bytes.size());
    }
  }
  writer->Numbers({.field = ColumnField::kParent}, parents);
  writer->Fixed(
      writer->WithRows({.field = ColumnField::kForeignParent}, away_rows, merged.spans.row_count()),
      away, 8);
}

std::vector<ZoneRange> WriteTimes(const MergedBatches& merged, PageWriter* writer,
                                  scan::SourceStats* stats) {
  const std::uint32_t span_count = merged.spans.row_count();
  std::vector<std::int64_t> starts;
  std::vector<std::int64_t> offsets;
  std::vector<std::int64_t> durations;
  for (std::vector<std::int64_t>* const times : {&starts, &offsets, &durations}) {
    times->reserve(span_count);
  }
  for (std::size_t trace = 0; trace + 1 < merged.trace_starts.size(); ++trace) {
    for (std::uint32_t row = merged.trace_starts[trace]; row < merged.trace_starts[trace + 1];
         ++row) {
      const RowOrigin origin = merged.spans.origins[row];
      const SpanColumns& columns = merged.BatchOf(origin);
      const UnixNanos start = columns.starts[origin.row];
      const UnixNanos end = columns.ends[origin.row];
      starts.push_back(start);
      offsets.push_back(TimeDifference(start, merged.trace_start_times[trace]));
      durations.push_back(TimeDifference(end, start));
      stats->duration_max = std::max(stats->duration_max, model::SpanDuration(start, end).count());
    }
  }
  writer->Numbers({.field = ColumnField::kStartOffset}, offsets);
  writer->Numbers({.field = ColumnField::kDuration}, durations);
  std::vector<ZoneRange> zones;
  for (std::size_t i = 0; i < ColumnEntry::ZoneCountOf(span_count); ++i) {
    zones.push_back(
        RangeOf(std::span(starts).subspan(i * kZoneValues, ColumnEntry::CountOf(i, span_count))));
  }
  stats->start_min = std::ranges::min(zones, {}, &ZoneRange::min).min;
  stats->start_max = std::ranges::max(zones, {}, &ZoneRange::max).max;
  return zones;
}

}  // namespace clew::storage
