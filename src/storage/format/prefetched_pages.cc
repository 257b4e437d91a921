#include "storage/format/prefetched_pages.h"

#include <algorithm>

namespace clew::storage {
namespace {

// Zones, ascending, that have one of `positions`, which ascend.
std::vector<std::size_t> ZonesOf(std::span<const std::uint32_t> positions) {
  std::vector<std::size_t> zones;
  for (const std::uint32_t position : positions) {
    const std::size_t zone = position / kZoneValues;
    if (zones.empty() || zones.back() != zone) zones.push_back(zone);
  }
  return zones;
}

// The zones of values in which those of zones of rows are.
std::vector<std::size_t> ValueZonesOf(const ColumnEntry& column,
                                      const std::vector<std::size_t>& row_zones) {
  if (column.rows == RowsEncoding::kDense) return row_zones;
  std::vector<std::size_t> zones;
  std::size_t first = 0;
  std::size_t row_zone = 0;
  for (const std::size_t wanted : row_zones) {
    for (; row_zone < wanted; ++row_zone) first += column.row_counts[row_zone];
    const std::size_t count = column.row_counts[wanted];
    for (std::size_t zone = first / kZoneValues; zone * kZoneValues < first + count; ++zone) {
      if (zones.empty() || zones.back() < zone) zones.push_back(zone);
    }
  }
  return zones;
}

void AddZones(const ColumnEntry& column, const std::vector<std::size_t>& row_zones,
              std::vector<PageRef>* pages) {
  const std::vector<std::size_t> zones = ValueZonesOf(column, row_zones);
  if (zones.empty()) return;
  if (column.rows != RowsEncoding::kDense) pages->push_back(column.pages.front());
  if (column.first_zone_page() == column.pages.size()) return;
  for (const std::size_t zone : zones) {
    pages->push_back(column.pages[column.first_zone_page() + zone]);
  }
}

}  // namespace

void PrefetchedPages::Fetch(std::vector<PageRef> pages) {
  std::erase_if(pages, [](const PageRef& page) { return page.length == 0; });
  if (pages.size() < 2) return;
  std::ranges::sort(pages, {}, &PageRef::offset);
  auto read = pages_->ReadTogether(pages);
  if (!read.has_value()) return;
  for (std::size_t i = 0; i < pages.size(); ++i) {
    fetched_.insert_or_assign(pages[i].offset, std::move((*read)[i]));
  }
}

Result<Bytes> PrefetchedPages::Read(const PageRef& page) const {
  const auto found = fetched_.find(page.offset);
  if (found == fetched_.end() || found->second.size() != page.length) return pages_->Read(page);
  return found->second;
}

Result<std::vector<Bytes>> PrefetchedPages::ReadTogether(std::span<const PageRef> pages) const {
  const bool is_fetched = std::ranges::all_of(
      pages, [&](const PageRef& page) { return fetched_.contains(page.offset); });
  if (!is_fetched) return pages_->ReadTogether(pages);
  std::vector<Bytes> found;
  for (const PageRef& page : pages) {
    ASSIGN_OR_RETURN(found.emplace_back(), Read(page));
  }
  return found;
}

void Prefetch(const ColumnReader& reader, ColumnTable table, const WantedRows& wanted,
              PrefetchedPages* pages) {
  if (wanted.rows.empty()) return;
  const std::vector<std::size_t> row_zones = ZonesOf(wanted.rows);
  std::vector<const ColumnEntry*> columns;
  std::vector<PageRef> zones;
  for (const ColumnEntry& column : reader.directory().columns) {
    if (!column.is_zoned || reader.TableOf(column) != table) continue;
    columns.push_back(&column);
    AddZones(column, row_zones, &zones);
  }
  pages->Fetch(std::move(zones));
  std::vector<PageRef> chunks;
  for (const ColumnEntry* column : columns) reader.AddChunks(*column, wanted, &chunks);
  pages->Fetch(std::move(chunks));
}

}  // namespace clew::storage
