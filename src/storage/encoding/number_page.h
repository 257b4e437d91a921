#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/vocabulary.h"

namespace clew::storage {

/// Values in a zone: the unit of partial decoding and of min/max.
constexpr std::uint32_t kZoneValues = 4096;

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
  std::int64_t zone_min(std::uint32_t zone) const;
  std::int64_t zone_max(std::uint32_t zone) const;
  /// `first` + out.size() ≤ count().
  void Read(std::uint32_t first, std::span<std::int64_t> out) const;
  /// The same for numbers known to fit.
  void Read(std::uint32_t first, std::span<std::uint32_t> out) const;
  std::vector<std::int64_t> ReadAll() const;

 private:
  struct Zone {
    std::int64_t min;
    std::int64_t max;
    std::uint8_t width;    // bits
    std::uint32_t offset;  // of its packed data in page_
  };
  template <typename Number>
  void ReadInto(std::uint32_t first, std::span<Number> out) const;

  std::string_view page_;
  std::uint32_t count_ = 0;
  std::vector<Zone> zones_;
};

}  // namespace clew::storage
