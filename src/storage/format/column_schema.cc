#include "storage/format/column_schema.h"

#include <algorithm>
#include <array>

namespace clew::storage {
namespace {

using enum ColumnField;
using Table = ColumnTable;
using Content = ColumnContent;

constexpr auto kSchemas = std::to_array<ColumnSchema>({
    {kTraceId, "trace id", Table::kTraces, Content::kFixed16},
    {kTraceSpanCount, "span count of traces", Table::kTraces, Content::kNumbers},
    {kTraceErrorCount, "error count of traces", Table::kTraces, Content::kNumbers},
    {kTraceStart, "start of traces", Table::kTraces, Content::kNumbers},
    {kTraceDuration, "duration of traces", Table::kTraces, Content::kNumbers},
    {kTraceRoot, "root of traces", Table::kTraces, Content::kNumbers},
    {kSpanId, "span id", Table::kSpans, Content::kFixed8},
    {kParent, "parent", Table::kSpans, Content::kNumbers},
    {kForeignParent, "parent span id", Table::kSpans, Content::kFixed8},
    {kStartOffset, "span start", Table::kSpans, Content::kNumbers},
    {kDuration, "span duration", Table::kSpans, Content::kNumbers},
    {kKind, "span kind", Table::kSpans, Content::kNumbers},
    {kStatusCode, "status code", Table::kSpans, Content::kNumbers},
    {kFlags, "span flags", Table::kSpans, Content::kNumbers},
    {kName, "span name", Table::kSpans, Content::kTexts},
    {kStatusMessage, "status message", Table::kSpans, Content::kTexts},
    {kTraceState, "trace state", Table::kSpans, Content::kTexts},
    {kDroppedAttributes, "dropped attributes", Table::kSpans, Content::kNumbers},
    {kDroppedEvents, "dropped events", Table::kSpans, Content::kNumbers},
    {kDroppedLinks, "dropped links", Table::kSpans, Content::kNumbers},
    {kResource, "resource of spans", Table::kSpans, Content::kNumbers},
    {kScope, "scope of spans", Table::kSpans, Content::kNumbers},
    {kResourceSchemaUrl, "schema URL of resources", Table::kResources, Content::kTexts},
    {kResourceDropped, "dropped attributes of resources", Table::kResources, Content::kNumbers},
    {kResourceEntities, "entities of resources", Table::kResources, Content::kTexts},
    {kScopeName, "scope name", Table::kScopes, Content::kTexts},
    {kScopeVersion, "scope version", Table::kScopes, Content::kTexts},
    {kScopeSchemaUrl, "schema URL of scopes", Table::kScopes, Content::kTexts},
    {kScopeDropped, "dropped attributes of scopes", Table::kScopes, Content::kNumbers},
    {kEventSpan, "span of events", Table::kEvents, Content::kNumbers},
    {kEventTime, "event time", Table::kEvents, Content::kNumbers},
    {kEventName, "event name", Table::kEvents, Content::kTexts},
    {kEventDropped, "dropped attributes of events", Table::kEvents, Content::kNumbers},
    {kLinkSpan, "span of links", Table::kLinks, Content::kNumbers},
    {kLinkTraceId, "trace id of links", Table::kLinks, Content::kFixed16},
    {kLinkSpanId, "span id of links", Table::kLinks, Content::kFixed8},
    {kLinkTraceState, "trace state of links", Table::kLinks, Content::kTexts},
    {kLinkFlags, "flags of links", Table::kLinks, Content::kNumbers},
    {kLinkDropped, "dropped attributes of links", Table::kLinks, Content::kNumbers},
    {kOperationService, "service of operations", Table::kOperations, Content::kTexts},
    {kOperationName, "name of operations", Table::kOperations, Content::kTexts},
    {kOperationKind, "kind of operations", Table::kOperations, Content::kNumbers},
    {kOperationSpans, "span count of operations", Table::kOperations, Content::kNumbers},
    {kOverflow, "rare attributes", Table::kNone, Content::kOverflow},
});
static_assert(std::ranges::is_sorted(kSchemas, {}, &ColumnSchema::field));

}  // namespace

std::span<const ColumnSchema> ColumnSchemas() { return kSchemas; }

const ColumnSchema* SchemaOf(ColumnField field) {
  const auto* found = std::ranges::lower_bound(kSchemas, field, {}, &ColumnSchema::field);
  return found != kSchemas.end() && found->field == field ? found : nullptr;
}

std::string NameOf(const ColumnEntry& column) {
  constexpr std::string_view kOwners[] = {"spans", "resources", "scopes", "events", "links"};
  constexpr std::string_view kTypes[] = {"empty",  "string", "bool",  "int",
                                         "double", "bytes",  "array", "key-value list"};
  if (column.field == kAttribute) {
    if (column.owner > model::Owner::kLink || column.type > model::ValueType::kKvList) {
      return fmt::format("attribute \"{}\"", column.key);
    }
    return fmt::format("attribute \"{}\" ({}) of {}", column.key,
                       kTypes[static_cast<std::size_t>(column.type)],
                       kOwners[static_cast<std::size_t>(column.owner)]);
  }
  const ColumnSchema* schema = SchemaOf(column.field);
  if (schema == nullptr) return fmt::format("column {}", static_cast<int>(column.field));
  return std::string(schema->name);
}

std::uint32_t RowCountOf(const RowGroupDirectory& directory, ColumnTable table) {
  switch (table) {
    case ColumnTable::kTraces:
      return directory.trace_count;
    case ColumnTable::kSpans:
      return directory.stats.span_count;
    case ColumnTable::kResources:
      return directory.stats.resource_count;
    case ColumnTable::kScopes:
      return directory.stats.scope_count;
    case ColumnTable::kEvents:
      return directory.stats.event_count;
    case ColumnTable::kLinks:
      return directory.stats.link_count;
    case ColumnTable::kOperations:
      return directory.operation_count;
    case ColumnTable::kNone:
      break;
  }
  return 0;
}

std::uint32_t TableRowsOf(const RowGroupDirectory& directory, const ColumnEntry& column) {
  if (column.field == kAttribute) return RowCountOf(directory, TableOf(column.owner));
  const ColumnSchema* schema = SchemaOf(column.field);
  return schema == nullptr ? 0 : RowCountOf(directory, schema->table);
}

ColumnTable TableOf(model::Owner owner) {
  switch (owner) {
    case model::Owner::kResource:
      return ColumnTable::kResources;
    case model::Owner::kScope:
      return ColumnTable::kScopes;
    case model::Owner::kEvent:
      return ColumnTable::kEvents;
    case model::Owner::kLink:
      return ColumnTable::kLinks;
    case model::Owner::kSpan:
      break;
  }
  return ColumnTable::kSpans;
}

}  // namespace clew::storage
