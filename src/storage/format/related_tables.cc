#include "storage/format/related_tables.h"

#include <cstdint>
#include <vector>

#include "storage/format/trace_columns.h"

namespace clew::storage {
namespace {

using model::Owner;
using model::SpanColumns;

// Stored is by how much they differ from the start of their span.
std::vector<std::int64_t> EventTimes(const MergedBatches& merged) {
  std::vector<std::int64_t> times;
  times.reserve(merged.events.origins.size());
  for (const RowOrigin origin : merged.events.origins) {
    const SpanColumns& batch = merged.BatchOf(origin);
    times.push_back(TimeDifference(batch.events.times[origin.row],
                                   batch.starts[batch.events.span_rows[origin.row]]));
  }
  return times;
}

}  // namespace

void WriteRelatedTables(const MergedBatches& merged, TableWriter* writer, PageWriter* pages,
                        scan::SourceStats* stats) {
  stats->resource_count = merged.resources.row_count();
  stats->scope_count = merged.scopes.row_count();
  stats->event_count = merged.events.row_count();
  stats->link_count = merged.links.row_count();
  writer->Fields<Owner::kResource>();
  writer->Fields<Owner::kScope>();
  writer->Rows(
      ColumnField::kEventSpan, merged.events,
      [](const SpanColumns& batch) -> auto& { return batch.events.span_rows; },
      merged.spans.places);
  pages->Numbers({.field = ColumnField::kEventTime}, EventTimes(merged));
  writer->Fields<Owner::kEvent>();
  writer->Rows(
      ColumnField::kLinkSpan, merged.links,
      [](const SpanColumns& batch) -> auto& { return batch.links.span_rows; }, merged.spans.places);
  writer->Fields<Owner::kLink>();
}

}  // namespace clew::storage
