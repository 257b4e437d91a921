#include "storage/format/column_schema.h"

#include <algorithm>
#include <array>
#include <type_traits>

#include "model/span_fields.h"

namespace clew::storage {
namespace {

using enum ColumnField;
using Table = ColumnTable;
using Content = ColumnContent;

// What is no field of the list, or not stored as it is.
constexpr auto kOwnSchemas = std::to_array<ColumnSchema>({
    {kTraceId, model::fields::TraceId::title, Table::kTraces, Content::kFixed16},
    {kTraceSpanCount, "span count of traces", Table::kTraces, Content::kNumbers},
    {kTraceErrorCount, "error count of traces", Table::kTraces, Content::kNumbers},
    {kTraceStart, "start of traces", Table::kTraces, Content::kNumbers},
    {kTraceDuration, "duration of traces", Table::kTraces, Content::kNumbers},
    {kTraceRoot, "root of traces", Table::kTraces, Content::kNumbers},
    {kParent, model::fields::Parent::title, Table::kSpans, Content::kNumbers},
    {kForeignParent, "parent span id", Table::kSpans, Content::kFixed8},
    {kStartOffset, model::fields::StartOffset::title, Table::kSpans, Content::kNumbers},
    {kDuration, model::fields::Duration::title, Table::kSpans, Content::kNumbers},
    {kResource, "resource of spans", Table::kSpans, Content::kNumbers},
    {kScope, "scope of spans", Table::kSpans, Content::kNumbers},
    {kEventSpan, "span of events", Table::kEvents, Content::kNumbers},
    {kEventTime, model::fields::EventTime::title, Table::kEvents, Content::kNumbers},
    {kLinkSpan, "span of links", Table::kLinks, Content::kNumbers},
    {kOperationService, "service of operations", Table::kOperations, Content::kTexts},
    {kOperationName, "name of operations", Table::kOperations, Content::kTexts},
    {kOperationKind, "kind of operations", Table::kOperations, Content::kNumbers},
    {kOperationSpans, "span count of operations", Table::kOperations, Content::kNumbers},
    {kOverflow, "rare attributes", Table::kNone, Content::kOverflow, true},
});

template <typename Cell>
constexpr Content ContentOf() {
  if constexpr (std::is_same_v<Cell, std::string_view>) {
    return Content::kTexts;
  } else if constexpr (std::is_integral_v<Cell>) {
    return Content::kNumbers;
  } else if constexpr (std::is_same_v<Cell, TraceId>) {
    return Content::kFixed16;
  } else {
    static_assert(std::is_same_v<Cell, SpanId>, "a column of a new type");
    return Content::kFixed8;
  }
}

template <typename... Field>
consteval auto AllSchemas(model::FieldList<Field...>) {
  std::array<ColumnSchema, kOwnSchemas.size() + (IsPlain(kColumnOf<Field>) + ...)> all{};
  auto* end = std::ranges::copy(kOwnSchemas, all.begin()).out;
  const auto add = [&]<typename Each>(Each) {
    if (!IsPlain(kColumnOf<Each>)) return;
    *end++ = {kColumnOf<Each>, Each::title, TableOf(Each::owner), ContentOf<typename Each::Cell>(),
              Each::stored >= kLaterFields};
  };
  (add(Field()), ...);
  std::ranges::sort(all, {}, &ColumnSchema::field);
  return all;
}

constexpr auto kSchemas = AllSchemas(model::AllFields());
static_assert(std::ranges::adjacent_find(kSchemas, {}, &ColumnSchema::field) == kSchemas.end(),
              "two columns have one number");

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

}  // namespace clew::storage
