#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/vocabulary.h"

namespace clew::storage {

/// Texts one after the other as one page: lengths as numbers, bytes as zstd where that helps
/// (docs/formats/block.md, "text page"). For dictionaries and for zones of plain text.
std::string EncodeTexts(std::span<const std::string_view> texts);

/// What a text page holds: `bytes` owns, text i is [offsets[i], offsets[i+1]).
struct Texts {
  std::string bytes;
  std::vector<std::uint32_t> offsets{0};

  std::size_t count() const { return offsets.size() - 1; }
  std::string_view Get(std::size_t index) const {
    return std::string_view(bytes).substr(offsets[index], offsets[index + 1] - offsets[index]);
  }
};

/// What a page, or all of a column, may have; one that claims more is damaged.
struct TextLimits {
  std::uint64_t bytes_max = 0;  // of all texts
  std::uint64_t count_max = 0;  // of those of one page
};

/// Adds those of a page to the others of a column; of what is not well formed nothing. DATA_LOSS as
/// DecodeTexts, when all together would be more than `bytes_max` bytes, too.
Status AppendTexts(std::string_view page, const TextLimits& limits, Texts* texts);

/// DATA_LOSS when the page is not well formed, or claims more than it may have: then nothing is
/// allocated for it.
Result<Texts> DecodeTexts(std::string_view page, const TextLimits& limits);

}  // namespace clew::storage
