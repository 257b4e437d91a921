#include "storage/format/distinct_numbers.h"

#include <algorithm>
#include <bit>

namespace clew::storage {
namespace {

// Once would leave numbers in even distances, as sizes and times may be, close together.
std::uint64_t Mix(std::uint64_t bits) { return (bits ^ bits >> 32) * 0x9e3779b97f4a7c15u; }

}  // namespace

DistinctNumbers::DistinctNumbers(std::size_t count)
    : slots_(std::bit_ceil(2 * std::clamp<std::size_t>(count, 1, kValuesMax))),
      shift_(64 - std::countr_zero(slots_.size())),
      probes_left_(kProbesPerNumber * count) {}

// Where it is in numbers_; past their end when it has no room there.
std::size_t DistinctNumbers::Find(std::int64_t number) {
  std::size_t slot = Mix(Mix(static_cast<std::uint64_t>(number))) >> shift_;
  while (slots_[slot] != 0) {
    if (numbers_[slots_[slot] - 1] == number) return slots_[slot] - 1;
    if (probes_left_-- == 0) return numbers_.size();
    slot = (slot + 1) % slots_.size();
  }
  if (numbers_.size() == kValuesMax) return numbers_.size();
  numbers_.push_back(number);
  counts_.push_back(0);
  slots_[slot] = static_cast<std::uint16_t>(numbers_.size());
  return numbers_.size() - 1;
}

}  // namespace clew::storage
