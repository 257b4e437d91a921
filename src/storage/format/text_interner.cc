#include "storage/format/text_interner.h"

#include <algorithm>

#include "base/hash.h"

namespace clew::storage {
namespace {

constexpr std::size_t kInitialSlots = 1024;

}  // namespace

TextInterner::TextInterner() : slots_(kInitialSlots, kEmpty) {}

void TextInterner::Clear() {
  if (slots_.size() > kInitialSlots * 16) slots_.resize(kInitialSlots);
  std::ranges::fill(slots_, kEmpty);
  hashes_.clear();
  texts_.clear();
}

std::uint32_t TextInterner::Intern(std::string_view text) {
  const std::uint64_t hash = base::Hash64(text);
  const std::size_t mask = slots_.size() - 1;
  std::size_t slot = hash & mask;
  while (slots_[slot] != kEmpty) {
    const std::uint32_t index = slots_[slot];
    if (hashes_[index] == hash && texts_[index] == text) return index;
    slot = (slot + 1) & mask;
  }
  const auto index = static_cast<std::uint32_t>(texts_.size());
  slots_[slot] = index;
  hashes_.push_back(hash);
  texts_.push_back(text);
  if (texts_.size() * 2 > slots_.size()) Grow();
  return index;
}

void TextInterner::Grow() {
  slots_.assign(slots_.size() * 4, kEmpty);
  const std::size_t mask = slots_.size() - 1;
  for (std::uint32_t index = 0; index < texts_.size(); ++index) {
    std::size_t slot = hashes_[index] & mask;
    while (slots_[slot] != kEmpty) slot = (slot + 1) & mask;
    slots_[slot] = index;
  }
}

}  // namespace clew::storage
