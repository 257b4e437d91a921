#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>

#include "base/packed_numbers.h"
#include "scan/kernels.h"
#include "scan/row_set.h"

/// Conditions on numbers as they are stored. What is asked of numbers is asked of what they are
/// more than the least one of their zone, in as few bits as those have, without a copy of the
/// column.
namespace clew::scan {

/// What of the numbers of a zone is known without unpacking them.
enum class ZoneAnswer { kNone, kAll, kSome };

/// A range of numbers. `least` ≤ `most`.
struct RangeTest {
  struct OfZone {
    ZoneAnswer answer = ZoneAnswer::kNone;
    // In numbers of the zone.
    std::uint64_t least = 0;
    std::uint64_t width = 0;

    bool operator()(std::uint32_t n) const {
      return n - static_cast<std::uint32_t>(least) <= static_cast<std::uint32_t>(width);
    }
    bool operator()(std::uint64_t n) const { return n - least <= width; }
  };

  std::int64_t least = 0;
  std::int64_t most = 0;

  OfZone operator()(const base::PackedZone& zone) const {
    // What the zone says of itself is believed as far as its numbers can be that large.
    const auto min = static_cast<std::uint64_t>(zone.min);
    const std::uint64_t packed_max = zone.width == 0 ? 0 : ~std::uint64_t{0} >> (64 - zone.width);
    const std::uint64_t highest = std::min(static_cast<std::uint64_t>(zone.max) - min, packed_max);
    if (most < zone.min || least > zone.max) return {};
    const std::uint64_t from = least <= zone.min ? 0 : static_cast<std::uint64_t>(least) - min;
    const std::uint64_t to =
        most >= zone.max ? highest : std::min(static_cast<std::uint64_t>(most) - min, packed_max);
    if (from > to) return {};
    const bool is_all = from == 0 && to >= highest;
    return {
        .answer = is_all ? ZoneAnswer::kAll : ZoneAnswer::kSome, .least = from, .width = to - from};
  }
};

/// Numbers as places in `passes`: each is one.
struct LookupTest {
  struct OfZone {
    ZoneAnswer answer = ZoneAnswer::kSome;
    const std::uint8_t* passes = nullptr;

    bool operator()(std::uint64_t n) const { return passes[n] != 0; }
  };

  std::span<const std::uint8_t> passes;

  OfZone operator()(const base::PackedZone& zone) const {
    const std::uint8_t* of_zone = passes.data() + zone.min;
    if (zone.width > 0) return {.passes = of_zone};
    return {.answer = *of_zone != 0 ? ZoneAnswer::kAll : ZoneAnswer::kNone};
  }
};

/// Whatever `passes(number)` says.
template <typename Passes>
struct NumberTest {
  struct OfZone {
    const Passes& passes;
    std::uint64_t min = 0;
    ZoneAnswer answer = ZoneAnswer::kSome;

    bool operator()(std::uint64_t n) const {
      return passes(static_cast<std::int64_t>(min + n)) != 0;
    }
  };

  const Passes& passes;

  OfZone operator()(const base::PackedZone& zone) const {
    return {.passes = passes, .min = static_cast<std::uint64_t>(zone.min)};
  }
};

/// Adds the rows of packed numbers that pass. `test_of(zone)` gives for each zone something with
/// `ZoneAnswer answer` and, when that is kSome, `operator()(n)`: whether a number passes that is n
/// more than the least of the zone, n as std::uint32_t where no number needs more.
template <typename TestOf>
void AddPackedRows(std::span<const std::uint32_t> rows, const base::PackedNumbers& numbers,
                   Candidates candidates, const TestOf& test_of, RowSet* found) {
  for (std::size_t i = 0; i < numbers.zones.size(); ++i) {
    const base::PackedZone& zone = numbers.zones[i];
    const auto test = test_of(zone);
    if (test.answer == ZoneAnswer::kNone) continue;
    const std::size_t begin = i * base::kPackedZoneNumbers;
    const auto add = [&](const auto& bits_of) {
      AddBlocks(rows, begin, begin + numbers.CountOf(i), candidates, bits_of, found);
    };
    const auto mask_of = [](std::size_t count) { return ~std::uint64_t{0} >> (64 - count); };
    const auto unpacked = [&]<typename Number>(base::BlockUnpacker<Number> unpack) {
      add([&](std::size_t first, std::size_t count) {
        Number block[kBlockValues] = {};
        if (count == kBlockValues) {
          unpack(zone.data + (first - begin) / 8 * zone.width, block);
        } else {
          base::Unpack(zone.data, zone.width, first - begin, std::span(block).first(count));
        }
        return BitsWhere([&](std::size_t k) { return test(block[k]); }) & mask_of(count);
      });
    };
    if (test.answer == ZoneAnswer::kAll) {
      add([&](std::size_t, std::size_t count) { return mask_of(count); });
    } else if (zone.width <= 32) {
      unpacked(base::BlockUnpacker32(zone.width));
    } else {
      unpacked(base::BlockUnpacker64(zone.width));
    }
  }
}

}  // namespace clew::scan
