#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "base/packed_numbers.h"
#include "base/vocabulary.h"
#include "storage/encoding/number_page.h"

namespace clew::storage {

/// The smallest and the largest number of a zone of at most kZoneValues: with them the numbers are
/// differences from the smallest, in as many bits as the largest needs.
struct ZoneRange {
  std::int64_t min = 0;
  std::int64_t max = 0;

  /// Bits of a difference; 0 when all numbers are the same.
  unsigned width() const;
  bool operator==(const ZoneRange&) const = default;
};

/// That of `numbers`, of which there is at least one.
ZoneRange RangeOf(std::span<const std::int64_t> numbers);

/// What the differences of `count` numbers take as a page: nothing when they are all the same.
std::uint32_t PackedZoneBytes(ZoneRange range, std::uint32_t count);

/// The differences and nothing else (docs/formats/block.md, "zone of numbers"): who reads them
/// knows their range from elsewhere.
std::string EncodePackedZone(std::span<const std::int64_t> numbers, ZoneRange range);

/// A view of `page`. DATA_LOSS when it is not as long as it must be.
Result<base::PackedZone> OpenPackedZone(ZoneRange range, std::uint32_t count,
                                        std::string_view page);

}  // namespace clew::storage
