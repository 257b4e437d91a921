#include "storage/encoding/packed_zone.h"

#include <algorithm>
#include <bit>
#include <cstring>

#include "base/bit_unpacking.h"

namespace clew::storage {
namespace {

// What numbers of no bits are read from.
constexpr char kNothing[base::kUnpackBlock + base::kUnpackPadding] = {};

}  // namespace

unsigned ZoneRange::width() const {
  return static_cast<unsigned>(
      std::bit_width(static_cast<std::uint64_t>(max) - static_cast<std::uint64_t>(min)));
}

ZoneRange RangeOf(std::span<const std::int64_t> numbers) {
  const auto [min, max] = std::ranges::minmax(numbers);
  return {min, max};
}

std::uint32_t PackedZoneBytes(ZoneRange range, std::uint32_t count) {
  if (range.width() == 0) return 0;
  const std::uint64_t bits = std::uint64_t{count} * range.width();
  return static_cast<std::uint32_t>((bits + 7) / 8 + base::kUnpackPadding);
}

std::string EncodePackedZone(std::span<const std::int64_t> numbers, ZoneRange range) {
  const unsigned width = range.width();
  std::string page(PackedZoneBytes(range, static_cast<std::uint32_t>(numbers.size())), '\0');
  if (width == 0) return page;
  std::uint64_t bit = 0;
  for (const std::int64_t number : numbers) {
    const std::uint64_t value =
        static_cast<std::uint64_t>(number) - static_cast<std::uint64_t>(range.min);
    std::uint64_t word;
    char* const place = page.data() + bit / 8;
    std::memcpy(&word, place, 8);
    const std::uint64_t shift = bit % 8;
    word |= value << shift;
    std::memcpy(place, &word, 8);
    // A value of more than 56 bits can reach into a ninth byte.
    if (shift + width > 64) place[8] = static_cast<char>(value >> (64 - shift));
    bit += width;
  }
  return page;
}

Result<base::PackedZone> OpenPackedZone(ZoneRange range, std::uint32_t count,
                                        std::string_view page) {
  const std::uint32_t wanted = PackedZoneBytes(range, count);
  if (page.size() != wanted) {
    return DataLoss("zone of numbers: {} bytes instead of {}", page.size(), wanted);
  }
  return base::PackedZone{.min = range.min,
                          .max = range.max,
                          .data = wanted == 0 ? kNothing : page.data(),
                          .width = range.width()};
}

}  // namespace clew::storage
