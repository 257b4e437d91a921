#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace clew::storage {

/// The different ones of many numbers, of which most repeat, and how often each is there.
class DistinctNumbers {
 public:
  static constexpr std::size_t kValuesMax = 16'384;

  /// `count`: how many there will be. There may be very many columns of a few: no more memory is
  /// touched than they need.
  explicit DistinctNumbers(std::size_t count);

  /// False once there are more different ones than kValuesMax, or when they meet in so few slots
  /// that somebody seems to have chosen them for it.
  bool Add(std::int64_t number) {
    if (last_ == counts_.size() || numbers_[last_] != number) {
      last_ = Find(number);
      if (last_ == counts_.size()) return false;
    }
    ++counts_[last_];
    return true;
  }
  /// In order of first appearance.
  const std::vector<std::int64_t>& all() const { return numbers_; }
  const std::vector<std::uint32_t>& counts() const { return counts_; }

 private:
  // Usual numbers take less than one.
  static constexpr std::size_t kProbesPerNumber = 16;

  std::size_t Find(std::int64_t number);

  std::vector<std::int64_t> numbers_;
  std::vector<std::uint32_t> counts_;
  std::size_t last_ = 0;
  // Index into numbers_ + 1.
  std::vector<std::uint16_t> slots_;
  int shift_;
  std::size_t probes_left_;
};

}  // namespace clew::storage
