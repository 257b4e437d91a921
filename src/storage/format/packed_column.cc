#include "storage/format/packed_column.h"

#include <algorithm>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "storage/encoding/number_page.h"

namespace clew::storage {
namespace {

// What a packed column keeps alive.
struct Kept {
  std::vector<std::uint32_t> rows;
  std::vector<Bytes> pages;
  std::vector<base::PackedZone> zones;
  std::shared_ptr<const Texts> dictionary_memory;
  std::vector<std::string_view> dictionary;
};

// Each page is a zone.
Status AddZones(const ColumnEntry& column, std::vector<Bytes> pages, Kept* kept) {
  std::uint32_t left = column.value_count;
  for (const Bytes& bytes : pages) {
    ASSIGN_OR_RETURN(const NumberPage page, NumberPage::Open(bytes.view()));
    const std::uint32_t wanted = std::min(kZoneValues, left);
    if (page.count() != wanted) return DataLoss("{} values instead of {}", page.count(), wanted);
    // A table without rows has a page without zones.
    if (wanted > 0) kept->zones.push_back(page.zone(0));
    left -= wanted;
  }
  kept->pages = std::move(pages);
  return {};
}

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
  ASSIGN_OR_RETURN(kept->dictionary_memory, reader.DictionaryOf(column));
  const std::size_t count = kept->dictionary_memory->count();
  if (!AreBelow({kept->zones, column.value_count}, count)) {
    return DataLoss("codes that are not in the dictionary");
  }
  kept->dictionary.reserve(count);
  for (std::size_t i = 0; i < count; ++i) {
    kept->dictionary.push_back(kept->dictionary_memory->Get(i));
  }
  return {};
}

std::uint64_t MemoryOf(const Kept& kept) {
  std::uint64_t size = sizeof(Kept) + sizeof(scan::Column);
  size += kept.rows.size() * sizeof(kept.rows[0]);
  size += kept.zones.size() * (sizeof(base::PackedZone) + sizeof(Bytes));
  size += kept.dictionary.size() * sizeof(std::string_view);
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
    ASSIGN_OR_RETURN(kept->rows, reader.Rows(column, row_count));
    ASSIGN_OR_RETURN(std::vector<Bytes> pages, reader.ZonePages(column));
    TRY(AddZones(column, std::move(pages), kept.get()));
    return is_coded ? AddDictionary(reader, column, kept.get()) : Status();
  };
  if (Status loaded = load(); !loaded.has_value()) {
    if (loaded.error().code == Code::kDataLoss) return std::nullopt;
    return std::unexpected(reader.Describe(column, loaded.error()));
  }
  const base::PackedNumbers numbers{kept->zones, column.value_count};
  auto scanned = std::make_shared<scan::Column>(
      scan::Column{.type = column.type, .rows = kept->rows, .values = numbers, .kept = kept});
  if (is_coded) scanned->values = scan::CodedTexts{kept->dictionary, numbers};
  return ScannedColumn{std::move(scanned), MemoryOf(*kept)};
}

}  // namespace clew::storage
