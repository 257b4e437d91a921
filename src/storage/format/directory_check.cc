#include <algorithm>
#include <span>
#include <tuple>
#include <vector>

#include "storage/format/column_schema.h"

namespace clew::storage {
namespace {

using enum ColumnField;
using Content = ColumnContent;

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
  const std::size_t first = column.first_zone_page();
  switch (column.values) {
    case ValuesEncoding::kNone:
    case ValuesEncoding::kPlain:
      return first;
    case ValuesEncoding::kOverflow:
      return first + 1;
    default:
      // Before version 3 a column without values had a page.
      return first + std::max<std::size_t>(column.is_zoned ? 0 : 1, column.zone_count());
  }
}

Status CheckPresence(const ColumnEntry& column, std::uint32_t row_count) {
  if (column.row_counts.size() != ColumnEntry::ZoneCountOf(row_count)) {
    return DataLoss("{} zones of {} rows", column.row_counts.size(), row_count);
  }
  std::uint64_t sum = 0;
  for (std::size_t i = 0; i < column.row_counts.size(); ++i) {
    sum += column.row_counts[i];
    const bool is_one_each = column.rows == RowsEncoding::kBitmap;
    if (is_one_each && column.row_counts[i] > ColumnEntry::CountOf(i, row_count)) {
      return DataLoss("{} values in a zone of rows", column.row_counts[i]);
    }
  }
  if (sum == column.value_count) return {};
  return DataLoss("{} values in its zones of rows instead of {}", sum, column.value_count);
}

// That the first and the last text of a column have a place, and each chunk some.
Status CheckChunks(const ColumnEntry& column) {
  std::uint32_t begin = 0;
  for (const std::uint32_t end : column.chunk_ends) {
    if (end <= begin) return DataLoss("a chunk without texts");
    begin = end;
  }
  const auto pages = std::span(column.pages).subspan(column.first_value_page());
  if (std::ranges::any_of(pages.first(std::min(pages.size(), column.chunk_count())),
                          [](const PageRef& page) { return page.length == 0; })) {
    return DataLoss("a chunk without a page");
  }
  if (column.values == ValuesEncoding::kPlain && begin != column.value_count) {
    return DataLoss("{} texts for {} values", begin, column.value_count);
  }
  return {};
}

// What only version 3 has.
Status CheckZones(const RowGroupDirectory& directory, const ColumnEntry& column) {
  if (column.rows != RowsEncoding::kDense) {
    TRY(CheckPresence(column, TableRowsOf(directory, column)));
  }
  TRY(CheckChunks(column));
  const bool has_codes = column.values == ValuesEncoding::kDictionary;
  const bool has_ranges = has_codes || column.values == ValuesEncoding::kNumbers;
  if (column.zones.size() != (has_ranges ? column.zone_count() : 0)) {
    return DataLoss("{} zones for {} values", column.zones.size(), column.value_count);
  }
  const std::uint32_t texts = column.chunk_ends.empty() ? 0 : column.chunk_ends.back();
  for (const ZoneRange& zone : column.zones) {
    if (zone.min > zone.max) return DataLoss("a zone from {} to {}", zone.min, zone.max);
    if (has_codes && (zone.min < 0 || zone.max >= texts)) {
      return DataLoss("codes {} to {} of {} texts", zone.min, zone.max, texts);
    }
  }
  return {};
}

std::uint32_t RowsMaxOf(bool is_zoned) {
  return is_zoned ? kRowGroupRowsMax : kUnzonedRowGroupRowsMax;
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
      if (column.value_count <= RowsMaxOf(column.is_zoned)) return {};
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
    TRY(CheckRows(column, TableRowsOf(directory, column)));
  }
  if (column.is_zoned) TRY(CheckZones(directory, column));
  if (column.pages.size() != PageCountOf(column)) {
    return DataLoss("{} pages for {} values", column.pages.size(), column.value_count);
  }
  return CheckRange(directory, column);
}

// Pages of a column that lie one right behind the other, as all of a column do that were written.
struct PageRun {
  std::uint64_t begin = 0;
  std::uint64_t end = 0;
  const ColumnEntry* column = nullptr;
};

// That no byte is of two pages: caches know a page by where it lies, and what would be read several
// times could be made to take any memory.
Status CheckPages(const RowGroupDirectory& directory) {
  std::vector<PageRun> runs;
  runs.reserve(directory.columns.size());
  for (const ColumnEntry& column : directory.columns) {
    for (const PageRef& page : column.pages) {
      if (page.offset > directory.byte_size || page.length > directory.byte_size - page.offset) {
        return DataLoss("{}: a page reaches past the row group", NameOf(column));
      }
      if (page.length == 0) continue;
      const bool goes_on =
          !runs.empty() && runs.back().column == &column && runs.back().end == page.offset;
      if (!goes_on) runs.push_back({.begin = page.offset, .end = page.offset, .column = &column});
      runs.back().end += page.length;
    }
  }
  std::ranges::sort(runs, {}, &PageRun::begin);
  for (std::size_t i = 1; i < runs.size(); ++i) {
    const PageRun& before = runs[i - 1];
    if (runs[i].begin >= before.end) continue;
    return DataLoss("{}: its page at offset {} lies over one of {}", NameOf(*runs[i].column),
                    runs[i].begin, NameOf(*before.column));
  }
  return {};
}

auto KeyOf(const ColumnEntry& column) {
  return std::tuple(column.field, column.owner, std::string_view(column.key), column.type);
}

}  // namespace

Status CheckCounts(const RowGroupDirectory& directory, bool is_zoned) {
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
    if (count > RowsMaxOf(is_zoned)) return DataLoss("a table of {} rows", count);
  }
  return {};
}

Status CheckDirectory(const RowGroupDirectory& directory) {
  for (const ZoneRange& zone : directory.starts) {
    const bool is_inside = directory.stats.start_min <= zone.min && zone.min <= zone.max &&
                           zone.max <= directory.stats.start_max;
    if (!is_inside) return DataLoss("starts from {} to {}", zone.min, zone.max);
  }
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
  for (const ColumnSchema& schema : ColumnSchemas()) {
    if (!schema.is_optional && directory.Find(schema.field) == nullptr) {
      return DataLoss("{}: missing", schema.name);
    }
  }
  return CheckPages(directory);
}

}  // namespace clew::storage
