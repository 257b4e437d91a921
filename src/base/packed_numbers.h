#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "base/bit_unpacking.h"

namespace clew::base {

/// Numbers of a zone; only the last one of a column may have fewer.
inline constexpr std::size_t kPackedZoneNumbers = 4096;

/// The numbers of a zone as they are stored: by how much each is more than the least one, packed
/// (bit_unpacking.h). Sums wrap.
struct PackedZone {
  std::int64_t min = 0;
  /// As the zone says; only what is read of `data` is certain.
  std::int64_t max = 0;
  const char* data = nullptr;
  unsigned width = 0;  // bits
};

/// A column of numbers as it is stored, zone by zone. A view.
struct PackedNumbers {
  std::span<const PackedZone> zones{};
  std::size_t count = 0;

  std::int64_t At(std::size_t position) const {
    const PackedZone& zone = zones[position / kPackedZoneNumbers];
    return static_cast<std::int64_t>(
        static_cast<std::uint64_t>(zone.min) +
        UnpackOne(zone.data, zone.width, position % kPackedZoneNumbers));
  }
  /// Those of zone `index`.
  std::size_t CountOf(std::size_t index) const {
    const std::size_t left = count - index * kPackedZoneNumbers;
    return left < kPackedZoneNumbers ? left : kPackedZoneNumbers;
  }
};

}  // namespace clew::base
