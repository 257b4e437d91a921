#include "storage/format/related_tables.h"

#include <cstdint>
#include <vector>

#include "storage/format/trace_columns.h"

namespace clew::storage {
namespace {

using expr::Field;
using model::SpanColumns;

void WriteResources(const MergedTable& table, TableWriter* writer) {
  writer->FilteredTexts(
      Field::kResourceSchemaUrl, ColumnField::kResourceSchemaUrl, table,
      [](const SpanColumns& batch) -> auto& { return batch.resources.schema_urls; });
  writer->Numbers(ColumnField::kResourceDropped, table, [](const SpanColumns& batch) -> auto& {
    return batch.resources.dropped_attributes_counts;
  });
  writer->Texts(ColumnField::kResourceEntities, table,
                [](const SpanColumns& batch) -> auto& { return batch.resources.entity_refs; });
}

void WriteScopes(const MergedTable& table, TableWriter* writer) {
  writer->CountedTexts(Field::kScopeName, ColumnField::kScopeName, table,
                       [](const SpanColumns& batch) -> auto& { return batch.scopes.names; });
  writer->CountedTexts(Field::kScopeVersion, ColumnField::kScopeVersion, table,
                       [](const SpanColumns& batch) -> auto& { return batch.scopes.versions; });
  writer->FilteredTexts(Field::kScopeSchemaUrl, ColumnField::kScopeSchemaUrl, table,
                        [](const SpanColumns& batch) -> auto& { return batch.scopes.schema_urls; });
  writer->Numbers(ColumnField::kScopeDropped, table, [](const SpanColumns& batch) -> auto& {
    return batch.scopes.dropped_attributes_counts;
  });
}

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

void WriteEvents(const MergedBatches& merged, TableWriter* writer, PageWriter* pages) {
  const MergedTable& table = merged.events;
  writer->Rows(
      ColumnField::kEventSpan, table,
      [](const SpanColumns& batch) -> auto& { return batch.events.span_rows; },
      merged.spans.places);
  pages->Numbers({.field = ColumnField::kEventTime}, EventTimes(merged));
  writer->CountedTexts(Field::kEventName, ColumnField::kEventName, table,
                       [](const SpanColumns& batch) -> auto& { return batch.events.names; });
  writer->Numbers(ColumnField::kEventDropped, table, [](const SpanColumns& batch) -> auto& {
    return batch.events.dropped_attributes_counts;
  });
}

void WriteLinks(const MergedBatches& merged, TableWriter* writer) {
  const MergedTable& table = merged.links;
  writer->Rows(
      ColumnField::kLinkSpan, table,
      [](const SpanColumns& batch) -> auto& { return batch.links.span_rows; }, merged.spans.places);
  writer->Ids(ColumnField::kLinkTraceId, table,
              [](const SpanColumns& batch) -> auto& { return batch.links.trace_ids; });
  writer->Ids(ColumnField::kLinkSpanId, table,
              [](const SpanColumns& batch) -> auto& { return batch.links.span_ids; });
  writer->FilteredTexts(Field::kLinkTraceState, ColumnField::kLinkTraceState, table,
                        [](const SpanColumns& batch) -> auto& { return batch.links.trace_states; });
  writer->Numbers(ColumnField::kLinkFlags, table,
                  [](const SpanColumns& batch) -> auto& { return batch.links.flags; });
  writer->Numbers(ColumnField::kLinkDropped, table, [](const SpanColumns& batch) -> auto& {
    return batch.links.dropped_attributes_counts;
  });
}

}  // namespace

void WriteRelatedTables(const MergedBatches& merged, TableWriter* writer, PageWriter* pages,
                        scan::SourceStats* stats) {
  stats->resource_count = merged.resources.row_count();
  stats->scope_count = merged.scopes.row_count();
  stats->event_count = merged.events.row_count();
  stats->link_count = merged.links.row_count();
  WriteResources(merged.resources, writer);
  WriteScopes(merged.scopes, writer);
  WriteEvents(merged, writer, pages);
  WriteLinks(merged, writer);
}

}  // namespace clew::storage
