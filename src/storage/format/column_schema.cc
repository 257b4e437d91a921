#include "storage/format/column_schema.h"

#include <algorithm>
#include <array>
#include <tuple>

#include "storage/encoding/number_page.h"

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

const ColumnSchema* SchemaOf(ColumnField field) {
  const auto* found = std::ranges::lower_bound(kSchemas, field, {}, &ColumnSchema::field);
  return found != kSchemas.end() && found->field == field ? found : nullptr;
}

Content ContentOf(model::ValueType type) {
  if (type == model::ValueType::kEmpty) return Content::kNothing;
  return model::HoldsText(type) ? Content::kTexts : Content::kNumbers;
}

bool Holds(ValuesEncoding encoding, Content content, std::uint32_t value_count) {
  switch (encoding) {
    case ValuesEncoding::kNone:
      return content == Content::kNothing || (content == Content::kTexts && value_count == 0);
    case ValuesEncoding::kNumbers:
      return content == Content::kNumbers;
    case ValuesEncoding::kDictionary:
    case ValuesEncoding::kPlain:
      return content == Content::kTexts;
    case ValuesEncoding::kFixed8:
      return content == Content::kFixed8;
    case ValuesEncoding::kFixed16:
      return content == Content::kFixed16;
    case ValuesEncoding::kOverflow:
      return content == Content::kOverflow;
  }
  return false;
}

std::uint64_t PageCountOf(const ColumnEntry& column) {
  const std::uint64_t zones = std::max<std::uint64_t>(
      1, (std::uint64_t{column.value_count} + kZoneValues - 1) / kZoneValues);
  switch (column.values) {
    case ValuesEncoding::kNone:
      return column.first_value_page();
    case ValuesEncoding::kOverflow:
      return column.first_value_page() + 1;
    case ValuesEncoding::kDictionary:
      return column.first_value_page() + 1 + zones;
    default:
      return column.first_value_page() + zones;
  }
}

Status CheckRows(const ColumnEntry& column, std::uint32_t row_count) {
  switch (column.rows) {
    case RowsEncoding::kDense:
      if (column.value_count == row_count) return {};
      return DataLoss("{} values for {} rows", column.value_count, row_count);
    case RowsEncoding::kBitmap:
      if (column.value_count <= row_count) return {};
      return DataLoss("{} values for {} rows, at most one each", column.value_count, row_count);
    case RowsEncoding::kDeltas:
      if (column.value_count <= kRowGroupRowsMax) return {};
      return DataLoss("{} values", column.value_count);
  }
  return DataLoss("unknown encoding {} of rows", static_cast<int>(column.rows));
}

// Indexes are used in this range, whatever their pages say.
Status CheckRange(const RowGroupDirectory& directory, const ColumnEntry& column) {
  if (column.value_count == 0 || column.values != ValuesEncoding::kNumbers) return {};
  const scan::SourceStats& stats = directory.stats;
  std::int64_t limit = 0;
  switch (column.field) {
    case kResource:
      limit = stats.resource_count;
      break;
    case kScope:
      limit = stats.scope_count;
      break;
    case kEventSpan:
    case kLinkSpan:
      limit = stats.span_count;
      break;
    default:
      return {};
  }
  if (column.min >= 0 && column.max < limit) return {};
  return DataLoss("rows {} to {} of {}", column.min, column.max, limit);
}

Status CheckColumn(const RowGroupDirectory& directory, const ColumnEntry& column) {
  const bool is_attribute = column.field == kAttribute;
  const ColumnSchema* schema = is_attribute ? nullptr : SchemaOf(column.field);
  if (!is_attribute && schema == nullptr) return DataLoss("no such field");
  if (column.owner > model::Owner::kLink || column.type > model::ValueType::kKvList) {
    return DataLoss("unknown owner or type");
  }
  const Content content = is_attribute ? ContentOf(column.type) : schema->content;
  if (!Holds(column.values, content, column.value_count)) {
    return DataLoss("values in encoding {}", static_cast<int>(column.values));
  }
  if (content == Content::kOverflow) {
    if (column.rows != RowsEncoding::kDense) return DataLoss("it has a list of rows");
  } else {
    const bool is_sparse = is_attribute || column.field == kForeignParent;
    if (!is_sparse && column.rows != RowsEncoding::kDense) return DataLoss("it has a list of rows");
    const ColumnTable table = is_attribute ? TableOf(column.owner) : schema->table;
    TRY(CheckRows(column, RowCountOf(directory, table)));
  }
  if (column.pages.size() != PageCountOf(column)) {
    return DataLoss("{} pages for {} values", column.pages.size(), column.value_count);
  }
  return CheckRange(directory, column);
}

Status CheckCounts(const RowGroupDirectory& directory) {
  const scan::SourceStats& stats = directory.stats;
  if (stats.span_count == 0 || stats.span_count > kRowGroupSpansMax) {
    return DataLoss("{} spans", stats.span_count);
  }
  if (directory.trace_count > stats.span_count || directory.operation_count > stats.span_count) {
    return DataLoss("{} traces and {} operations of {} spans", directory.trace_count,
                    directory.operation_count, stats.span_count);
  }
  for (const std::uint32_t count :
       {stats.resource_count, stats.scope_count, stats.event_count, stats.link_count}) {
    if (count > kRowGroupRowsMax) return DataLoss("a table of {} rows", count);
  }
  return {};
}

// One after the other; what would be read several times could be made to take any memory.
Status CheckPages(const RowGroupDirectory& directory) {
  std::uint64_t sum = 0;
  for (const ColumnEntry& column : directory.columns) {
    for (const PageRef& page : column.pages) {
      if (page.offset > directory.byte_size || page.length > directory.byte_size - page.offset) {
        return DataLoss("{}: a page reaches past the row group", NameOf(column));
      }
      sum += page.length;
      if (sum > directory.byte_size) {
        return DataLoss("{}: the pages are larger than the row group", NameOf(column));
      }
    }
  }
  return {};
}

auto KeyOf(const ColumnEntry& column) {
  return std::tuple(column.field, column.owner, std::string_view(column.key), column.type);
}

}  // namespace

std::span<const ColumnSchema> ColumnSchemas() { return kSchemas; }

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

Status CheckDirectory(const RowGroupDirectory& directory) {
  TRY(CheckCounts(directory));
  const ColumnEntry* previous = nullptr;
  for (const ColumnEntry& column : directory.columns) {
    if (const Status status = CheckColumn(directory, column); !status.has_value()) {
      return DataLoss("{}: {}", NameOf(column), status.error().message);
    }
    if (previous != nullptr && !(KeyOf(*previous) < KeyOf(column))) {
      return DataLoss("{}: out of order, or there twice", NameOf(column));
    }
    previous = &column;
  }
  for (const ColumnSchema& schema : kSchemas) {
    if (schema.content != Content::kOverflow && directory.Find(schema.field) == nullptr) {
      return DataLoss("{}: missing", schema.name);
    }
  }
  return CheckPages(directory);
}

}  // namespace clew::storage
