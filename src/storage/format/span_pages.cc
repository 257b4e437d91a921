#include "storage/format/span_pages.h"

#include <algorithm>
#include <utility>
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

class SpanPages {
 public:
  SpanPages(const RowGroupDirectory& directory, std::span<const std::uint32_t> rows)
      : directory_(directory) {
    for (const std::uint32_t row : rows) {
      const std::uint32_t zone = row / kZoneValues;
      if (spans_.empty() || spans_.back() != zone) spans_.push_back(zone);
    }
    const scan::IntRange within{rows.front(), rows.back()};
    events_ = Children(ColumnField::kEventSpan, within);
    links_ = Children(ColumnField::kLinkSpan, within);
    // Which of them the spans use is read first: few of few.
    resources_ = AllOfFew(directory.stats.resource_count);
    scopes_ = AllOfFew(directory.stats.scope_count);
  }

  PagePlan Plan(scan::ReadExtent extent) && {
    for (const ColumnEntry& column : directory_.columns) {
      const ColumnSchema* const schema = SchemaOf(column.field);
      const ColumnTable table = schema == nullptr ? TableOf(column.owner) : schema->table;
      if (extent == scan::ReadExtent::kTree && !IsOfTree(column.field, table)) continue;
      if (const ZoneList* const zones = ZonesOf(table)) Add(column, *zones);
    }
    return std::move(plan_);
  }

 private:
  ZoneList Children(ColumnField field, scan::IntRange within) const {
    const ColumnEntry& column = *directory_.Find(field);
    const auto zones = ZonesWithin(column.zones, within);
    return zones ? *zones : AllZones(column.value_count);
  }

  static ZoneList AllOfFew(std::uint32_t row_count) {
    return row_count <= 2 * kZoneValues ? AllZones(row_count) : ZoneList();
  }

  static bool IsOfTree(ColumnField field, ColumnTable table) {
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

  const ZoneList* ZonesOf(ColumnTable table) const {
    switch (table) {
      case ColumnTable::kSpans:
        return &spans_;
      case ColumnTable::kResources:
        return &resources_;
      case ColumnTable::kScopes:
        return &scopes_;
      case ColumnTable::kEvents:
        return &events_;
      case ColumnTable::kLinks:
        return &links_;
      default:
        return nullptr;
    }
  }

  void Add(const ColumnEntry& column, const ZoneList& zones) {
    if (column.rows != RowsEncoding::kDense) {
      const auto has_some = [&](std::uint32_t zone) { return column.row_counts[zone] > 0; };
      if (!zones.empty() && (column.row_counts.empty() || std::ranges::any_of(zones, has_some))) {
        plan_.kept.push_back(column.pages.front());
      }
      return;
    }
    if (column.values == ValuesEncoding::kPlain || column.values == ValuesEncoding::kNone) return;
    for (const std::uint32_t zone : zones) {
      plan_.kept.push_back(column.pages[column.first_zone_page() + zone]);
    }
  }

  const RowGroupDirectory& directory_;
  ZoneList spans_;
  ZoneList events_;
  ZoneList links_;
  ZoneList resources_;
  ZoneList scopes_;
  PagePlan plan_;
};

}  // namespace

PagePlan PagesOfSpans(const RowGroupDirectory& directory, std::span<const std::uint32_t> rows,
                      scan::ReadExtent extent) {
  return SpanPages(directory, rows).Plan(extent);
}

}  // namespace clew::storage
