#include "storage/format/span_pages.h"

#include <algorithm>
#include <vector>

#include "storage/format/column_schema.h"
#include "storage/format/packed_column.h"
#include "storage/format/position_runs.h"

namespace clew::storage {
namespace {

// Of rows of a table, ascending.
using ZoneList = std::vector<std::uint32_t>;

ZoneList AllZones(std::uint32_t row_count) {
  return AllPositions(static_cast<std::uint32_t>(ColumnEntry::ZoneCountOf(row_count)));
}

ZoneList ZonesOf(std::span<const std::uint32_t> rows) {
  ZoneList zones;
  for (const std::uint32_t row : rows) {
    const std::uint32_t zone = row / kZoneValues;
    if (zones.empty() || zones.back() != zone) zones.push_back(zone);
  }
  return zones;
}

// Which of them the spans use is read first: few of few.
ZoneList AllOfFew(std::uint32_t row_count) {
  return row_count <= 2 * kZoneValues ? AllZones(row_count) : ZoneList();
}

// What there is of a column in zones of its table.
void Add(const ColumnEntry& column, const ZoneList& zones, PagePlan* plan) {
  if (column.rows != RowsEncoding::kDense) {
    const auto has_some = [&](std::uint32_t zone) { return column.row_counts[zone] > 0; };
    if (!zones.empty() && (column.row_counts.empty() || std::ranges::any_of(zones, has_some))) {
      plan->kept.push_back(column.pages.front());
    }
    return;
  }
  if (column.values == ValuesEncoding::kPlain || column.values == ValuesEncoding::kNone) return;
  for (const std::uint32_t zone : zones) {
    plan->kept.push_back(column.pages[column.first_zone_page() + zone]);
  }
}

// Whose the events or links are of which some may be of spans `within`.
void AddSpansOfChildren(const ColumnEntry& column, scan::IntRange within, PagePlan* plan) {
  const auto zones = ZonesWithin(column.zones, within);
  Add(column, zones ? *zones : AllZones(column.value_count), plan);
}

ColumnTable TableOfColumn(const ColumnEntry& column) {
  const ColumnSchema* const schema = SchemaOf(column.field);
  return schema == nullptr ? TableOf(column.owner) : schema->table;
}

bool IsOfTree(ColumnField field, ColumnTable table) {
  using enum ColumnField;
  switch (field) {
    case kSpanId:
    case kParent:
    case kForeignParent:
    case kStartOffset:
    case kDuration:
    case kKind:
    case kStatusCode:
    case kResource:
      return true;
    default:
      return table == ColumnTable::kResources;
  }
}

}  // namespace

PagePlan PagesOfSpans(const RowGroupDirectory& directory, std::span<const std::uint32_t> rows,
                      scan::ReadExtent extent) {
  const bool is_all = extent == scan::ReadExtent::kAll;
  const ZoneList spans = ZonesOf(rows);
  const ZoneList resources = AllOfFew(directory.stats.resource_count);
  const ZoneList scopes = AllOfFew(directory.stats.scope_count);
  PagePlan plan;
  for (const ColumnEntry& column : directory.columns) {
    const ColumnTable table = TableOfColumn(column);
    if (!is_all && !IsOfTree(column.field, table)) continue;
    if (table == ColumnTable::kSpans) Add(column, spans, &plan);
    if (table == ColumnTable::kResources) Add(column, resources, &plan);
    if (table == ColumnTable::kScopes) Add(column, scopes, &plan);
  }
  if (!is_all) return plan;
  for (const ColumnField field : {ColumnField::kEventSpan, ColumnField::kLinkSpan}) {
    AddSpansOfChildren(*directory.Find(field), {rows.front(), rows.back()}, &plan);
  }
  return plan;
}

PagePlan PagesOfChildren(const RowGroupDirectory& directory, std::span<const std::uint32_t> events,
                         std::span<const std::uint32_t> links) {
  PagePlan plan;
  if (events.empty() && links.empty()) return plan;
  const ZoneList of_events = ZonesOf(events);
  const ZoneList of_links = ZonesOf(links);
  for (const ColumnEntry& column : directory.columns) {
    const bool is_read_before =
        column.field == ColumnField::kEventSpan || column.field == ColumnField::kLinkSpan;
    if (is_read_before) continue;
    const ColumnTable table = TableOfColumn(column);
    if (table == ColumnTable::kEvents) Add(column, of_events, &plan);
    if (table == ColumnTable::kLinks) Add(column, of_links, &plan);
  }
  return plan;
}

}  // namespace clew::storage
