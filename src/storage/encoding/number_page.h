#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/packed_numbers.h"
#include "base/vocabulary.h"

namespace clew::storage {

/// Values in a zone: the unit of partial decoding and of min/max.
constexpr std::uint32_t kZoneValues = 4096;
static_assert(kZoneValues == base::kPackedZoneNumbers);

/// Numbers as zones of kZoneValues, each frame of reference + bit packing
/// (docs/formats/block.md, "number page").
std::string EncodeNumbers(std::span<const std::int64_t> numbers);

/// Reads a number page without copying it: `page` outlives the reader.
class NumberPage {
 public:
  /// DATA_LOSS when the page is not well formed.
  static Result<NumberPage> Open(std::string_view page);

  std::uint32_t count() const { return count_; }
  std::uint32_t zone_count() const { return (count_ + kZoneValues - 1) / kZoneValues; }
  /// Its data is a view of the page.
  base::PackedZone zone(std::uint32_t index) const { return zones_[index]; }
  /// `first` + out.size() ≤ count().
  void Read(std::uint32_t first, std::span<std::int64_t> out) const;
  /// The same for numbers known to fit.
  void Read(std::uint32_t first, std::span<std::uint32_t> out) const;
  std::vector<std::int64_t> ReadAll() const;

 private:
  template <typename Number>
  void ReadInto(std::uint32_t first, std::span<Number> out) const;

  std::uint32_t count_ = 0;
  std::vector<base::PackedZone> zones_;
};

}  // namespace clew::storage
