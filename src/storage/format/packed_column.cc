#include "storage/format/packed_column.h"

#include <algorithm>
#include <memory>
#include <span>
#include <utility>
#include <vector>

namespace clew::storage {
namespace {

// What a packed column keeps alive.
struct Kept {
  std::vector<std::uint32_t> rows;
  std::vector<Bytes> pages;
  std::vector<base::PackedZone> zones;
  Dictionary dictionary;
};

// The numbers of a zone are looked at where its width lets them be larger.
bool AreBelow(const base::PackedNumbers& numbers, std::uint64_t limit) {
  for (std::size_t i = 0; i < numbers.zones.size(); ++i) {
    const base::PackedZone& zone = numbers.zones[i];
    if (zone.min < 0 || static_cast<std::uint64_t>(zone.min) >= limit || zone.width > 32) {
      return false;
    }
    const std::uint64_t room = limit - static_cast<std::uint64_t>(zone.min);
    if (std::uint64_t{1} << zone.width <= room) continue;
    std::uint32_t values[base::kPackedZoneNumbers];
    const auto all = std::span(values).first(numbers.CountOf(i));
    base::Unpack(zone.data, zone.width, 0, all);
    if (std::ranges::max(all) >= room) return false;
  }
  return true;
}

Status AddDictionary(const ColumnReader& reader, const ColumnEntry& column, Kept* kept) {
  ASSIGN_OR_RETURN(kept->dictionary, reader.DictionaryOf(column));
  if (AreBelow({kept->zones, column.value_count}, kept->dictionary.texts.size())) return {};
  return DataLoss("codes that are not in the dictionary");
}

void AddZones(std::vector<OpenedZone> zones, Kept* kept) {
  for (OpenedZone& zone : zones) {
    kept->zones.push_back(zone.zone);
    kept->pages.push_back(std::move(zone.bytes));
  }
}

// But for chunks, and for pages where they are its parts.
std::uint64_t MemoryOf(const Kept& kept, const ColumnReader& reader) {
  std::uint64_t size = sizeof(Kept) + sizeof(scan::Column);
  size += kept.rows.size() * sizeof(kept.rows[0]);
  size += kept.zones.size() * (sizeof(base::PackedZone) + sizeof(Bytes));
  size += kept.dictionary.texts.size() * sizeof(std::string_view);
  if (reader.pages()->cached_as()) return size;
  for (const Bytes& page : kept.pages) size += page.size();
  return size;
}

}  // namespace

Result<std::optional<ScannedColumn>> LoadPacked(const ColumnReader& reader,
                                                const ColumnEntry& column,
                                                std::uint32_t row_count) {
  const bool is_coded = column.values == ValuesEncoding::kDictionary;
  if (!is_coded && column.values != ValuesEncoding::kNumbers) return std::nullopt;
  const auto kept = std::make_shared<Kept>();
  const auto load = [&]() -> Status {
    PagePlan plan;
    reader.AddColumn(column, /*are_zones_kept=*/true, &plan);
    ASSIGN_OR_RETURN(const ColumnReader fetched, reader.Fetched(std::move(plan)));
    ASSIGN_OR_RETURN(kept->rows, fetched.Rows(column, row_count));
    ASSIGN_OR_RETURN(std::vector<OpenedZone> zones, fetched.Zones(column));
    AddZones(std::move(zones), kept.get());
    return is_coded ? AddDictionary(fetched, column, kept.get()) : Status();
  };
  if (Status loaded = load(); !loaded.has_value()) {
    if (loaded.error().code == Code::kDataLoss) return std::nullopt;
    return std::unexpected(reader.Describe(column, loaded.error()));
  }
  const base::PackedNumbers numbers{kept->zones, column.value_count};
  auto scanned = std::make_shared<scan::Column>(
      scan::Column{.type = column.type, .rows = kept->rows, .values = numbers, .kept = kept});
  if (is_coded) scanned->values = scan::CodedTexts{kept->dictionary.texts, numbers};
  return ScannedColumn{std::move(scanned), MemoryOf(*kept, reader), reader.PartsOf(column, true)};
}

std::optional<std::vector<std::uint32_t>> ZonesWithin(std::span<const ZoneRange> zones,
                                                      scan::IntRange range) {
  std::vector<std::uint32_t> within;
  for (std::uint32_t i = 0; i < zones.size(); ++i) {
    if (range.MayMeet(zones[i].min, zones[i].max)) within.push_back(i);
  }
  if (within.size() == zones.size()) return std::nullopt;
  return within;
}

Result<std::optional<ScannedColumn>> LoadPackedWithin(const ColumnReader& reader,
                                                      const ColumnEntry& column,
                                                      std::uint32_t row_count,
                                                      scan::IntRange range) {
  if (!column.is_zoned || column.values != ValuesEncoding::kNumbers) return std::nullopt;
  const auto within = ZonesWithin(column.zones, range);
  if (!within) return std::nullopt;
  std::vector<PageRef> pages;
  const auto kept = std::make_shared<Kept>();
  const auto load = [&]() -> Status {
    // Which rows they are of does not matter when there are none.
    std::vector<std::uint32_t> rows;
    if (!within->empty()) {
      ASSIGN_OR_RETURN(rows, reader.Rows(column, row_count));
    }
    kept->rows.reserve(within->size() * kZoneValues);
    for (const std::uint32_t zone : *within) {
      pages.push_back(column.pages[column.first_zone_page() + zone]);
      const std::uint32_t first = zone * kZoneValues;
      for (std::uint32_t i = 0; i < ColumnEntry::CountOf(zone, column.value_count); ++i) {
        kept->rows.push_back(rows.empty() ? first + i : rows[first + i]);
      }
    }
    reader.CountSpared(column, *within);
    ASSIGN_OR_RETURN(std::vector<OpenedZone> zones, reader.Zones(column, *within));
    AddZones(std::move(zones), kept.get());
    return {};
  };
  if (Status loaded = load(); !loaded.has_value()) {
    if (loaded.error().code == Code::kDataLoss) return std::nullopt;
    return std::unexpected(reader.Describe(column, loaded.error()));
  }
  return ScannedColumn{std::make_shared<const scan::Column>(scan::Column{
                           .type = column.type,
                           .rows = kept->rows,
                           .values = base::PackedNumbers{kept->zones, kept->rows.size()},
                           .kept = kept}),
                       MemoryOf(*kept, reader), reader.KeysOf(pages)};
}

}  // namespace clew::storage
