#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace clew::traceql::metrics {

/// How many values there are in which bucket of a histogram. One thread.
class BoundCounts {
 public:
  BoundCounts() : counts_(kNumberCount) {}

  /// The upper bound of the bucket of a finite value: the least power of two that is not below it,
  /// 0 for what is not above that. What would be a subnormal number is 2^-1022.
  static double BoundOf(double value) { return BoundAt(NumberOf(value)); }

  /// Finite ones; `weights` are as many, or none: then each counts once.
  void Add(std::span<const double> values, std::span<const double> weights);
  /// Calls visit(bound, count) for those that there are, and forgets them.
  template <typename Visit>
  void Take(const Visit& visit) {
    for (const std::uint32_t number : numbers_) {
      visit(BoundAt(number), counts_[number]);
      counts_[number] = 0;
    }
    numbers_.clear();
  }

 private:
  /// Exponents of a double, as it is stored, and one more for what lies above the last power.
  static constexpr std::uint32_t kNumberCount = 2048;
  static constexpr int kFractionBits = 52;

  static std::uint32_t NumberOf(double value);
  static double BoundAt(std::uint32_t number) {
    return number == 0 ? 0 : std::bit_cast<double>(std::uint64_t{number} << kFractionBits);
  }

  /// By number; those that are not 0.
  std::vector<double> counts_;
  std::vector<std::uint32_t> numbers_;
};

}  // namespace clew::traceql::metrics
