#include <algorithm>
#include <cstring>
#include <optional>
#include <type_traits>
#include <utility>

#include "base/bit_unpacking.h"
#include "storage/encoding/number_page.h"
#include "storage/format/column_reader.h"
#include "storage/format/position_runs.h"

// How ColumnReader reads numbers, codes and ids.
namespace clew::storage {
namespace {

template <typename Number>
void UnpackInto(const base::PackedZone& zone, std::size_t first, std::span<Number> out) {
  using Unsigned = std::make_unsigned_t<Number>;
  const std::span<Unsigned> numbers(reinterpret_cast<Unsigned*>(out.data()), out.size());
  base::Unpack(zone.data, zone.width, first, numbers);
  for (Unsigned& number : numbers) number += static_cast<Unsigned>(zone.min);
}

Status CheckIds(const ColumnEntry& column, std::size_t zone, const Bytes& page) {
  const std::size_t wanted =
      ColumnEntry::CountOf(zone, column.value_count) * IdBytesOf(column.values);
  if (page.size() == wanted) return {};
  return DataLoss("{} bytes in zone {} instead of {}", page.size(), zone, wanted);
}

}  // namespace

Result<OpenedZone> ColumnReader::Open(const ColumnEntry& column, std::uint32_t zone,
                                      Bytes page) const {
  OpenedZone opened{.bytes = std::move(page), .zone = {}};
  const std::uint32_t count = ColumnEntry::CountOf(zone, column.value_count);
  if (column.is_zoned) {
    ASSIGN_OR_RETURN(opened.zone, OpenPackedZone(column.zones[zone], count, opened.bytes.view()));
    return opened;
  }
  ASSIGN_OR_RETURN(const NumberPage numbers, NumberPage::Open(opened.bytes.view()));
  if (numbers.count() != count) {
    return DataLoss("{} values in zone {} instead of {}", numbers.count(), zone, count);
  }
  if (count == 0) return DataLoss("zone {} has no values", zone);
  opened.zone = numbers.zone(0);
  return opened;
}

Result<std::vector<OpenedZone>> ColumnReader::Zones(const ColumnEntry& column) const {
  return Zones(column, AllPositions(static_cast<std::uint32_t>(column.zone_count())));
}

Result<std::vector<OpenedZone>> ColumnReader::Zones(const ColumnEntry& column,
                                                    std::span<const std::uint32_t> indexes) const {
  ASSIGN_OR_RETURN(std::vector<Bytes> pages, KeptZones(column, indexes));
  std::vector<OpenedZone> zones;
  zones.reserve(pages.size());
  for (std::size_t i = 0; i < indexes.size(); ++i) {
    ASSIGN_OR_RETURN(zones.emplace_back(), Open(column, indexes[i], std::move(pages[i])));
  }
  return zones;
}

Result<std::vector<Bytes>> ColumnReader::IdPages(const ColumnEntry& column,
                                                 std::span<const std::uint32_t> indexes) const {
  ASSIGN_OR_RETURN(std::vector<Bytes> pages, KeptZones(column, indexes));
  for (std::size_t i = 0; i < indexes.size(); ++i) TRY(CheckIds(column, indexes[i], pages[i]));
  return pages;
}

void ColumnReader::CountSpared(const ColumnEntry& column,
                               std::span<const std::uint32_t> zones) const {
  const auto pages = std::span(column.pages).subspan(column.first_zone_page());
  const auto has_page = [](const PageRef& page) { return page.length > 0; };
  std::ptrdiff_t spared = std::ranges::count_if(pages, has_page);
  for (const std::uint32_t zone : zones) spared -= has_page(pages[zone]) ? 1 : 0;
  pages_->CountOutOfRange(static_cast<std::size_t>(spared));
}

template <typename Number>
Result<std::vector<Number>> ColumnReader::ReadNumbers(const ColumnEntry& column,
                                                      std::span<const std::uint32_t> positions,
                                                      Gaps* gaps) const {
  std::vector<Number> numbers(positions.size());
  std::optional<std::uint32_t> opened_index;
  Result<OpenedZone> opened;
  TRY(ForEachRun(
      positions, [&](std::uint32_t zone, std::size_t first, std::size_t count) -> Status {
        if (opened_index != zone) {
          opened_index = zone;
          opened = [&]() -> Result<OpenedZone> {
            ASSIGN_OR_RETURN(Bytes page, ReadPage(column, column.first_zone_page() + zone));
            return Open(column, zone, std::move(page));
          }();
        }
        if (!opened.has_value()) return NoteGap(column, opened.error(), first, count, gaps);
        UnpackInto(opened->zone, positions[first] % kZoneValues,
                   std::span(numbers).subspan(first, count));
        return {};
      }));
  return numbers;
}

Result<std::vector<std::int64_t>> ColumnReader::Numbers(const ColumnEntry& column,
                                                        std::span<const std::uint32_t> positions,
                                                        Gaps* gaps) const {
  return ReadNumbers<std::int64_t>(column, positions, gaps);
}

Result<std::vector<std::uint32_t>> ColumnReader::Codes(const ColumnEntry& column,
                                                       std::span<const std::uint32_t> positions,
                                                       Gaps* gaps) const {
  return ReadNumbers<std::uint32_t>(column, positions, gaps);
}

Result<std::vector<std::int64_t>> ColumnReader::AllNumbers(const ColumnEntry& column,
                                                           Gaps* gaps) const {
  // All at once. Where that fails they are read zone by zone, which tells what is lost.
  auto numbers = [&]() -> Result<std::vector<std::int64_t>> {
    ASSIGN_OR_RETURN(const std::vector<Bytes> pages, ZonesOnce(column));
    std::vector<std::int64_t> all(column.value_count);
    for (std::uint32_t i = 0; i < pages.size(); ++i) {
      ASSIGN_OR_RETURN(const OpenedZone opened, Open(column, i, pages[i]));
      const auto rest = std::span(all).subspan(i * kZoneValues);
      UnpackInto(opened.zone, 0, rest.first(std::min<std::size_t>(kZoneValues, rest.size())));
    }
    return all;
  }();
  if (numbers.has_value() || numbers.error().code != Code::kDataLoss) return numbers;
  return Numbers(column, AllPositions(column.value_count), gaps);
}

Result<std::string> ColumnReader::FixedValues(const ColumnEntry& column,
                                              std::span<const std::uint32_t> positions,
                                              Gaps* gaps) const {
  const std::size_t width = IdBytesOf(column.values);
  std::string values(positions.size() * width, '\0');
  std::optional<std::uint32_t> page_zone;
  Result<Bytes> page;
  TRY(ForEachRun(
      positions, [&](std::uint32_t zone, std::size_t first, std::size_t count) -> Status {
        if (page_zone != zone) {
          page_zone = zone;
          page = ReadPage(column, column.first_zone_page() + zone);
          if (page.has_value()) {
            if (const Status status = CheckIds(column, zone, *page); !status.has_value()) {
              page = std::unexpected(status.error());
            }
          }
        }
        if (!page.has_value()) return NoteGap(column, page.error(), first, count, gaps);
        const std::size_t begin = positions[first] % kZoneValues * width;
        std::memcpy(values.data() + first * width, page->view().data() + begin, count * width);
        return {};
      }));
  return values;
}

Result<std::string> ColumnReader::AllFixedValues(const ColumnEntry& column, Gaps* gaps) const {
  auto values = [&]() -> Result<std::string> {
    ASSIGN_OR_RETURN(const std::vector<Bytes> pages, ZonesOnce(column));
    std::string all;
    all.reserve(std::size_t{column.value_count} * IdBytesOf(column.values));
    for (std::size_t i = 0; i < pages.size(); ++i) {
      TRY(CheckIds(column, i, pages[i]));
      all += pages[i].view();
    }
    return all;
  }();
  if (values.has_value() || values.error().code != Code::kDataLoss) return values;
  return FixedValues(column, AllPositions(column.value_count), gaps);
}

}  // namespace clew::storage
