#pragma once

#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>

namespace clew::workload {

/// Fast random numbers for one thread: the same for the same seed and build.
class Dice {
 public:
  explicit Dice(std::uint64_t seed) : state_(seed) {}

  /// The 64-bit finaliser of SplitMix: spreads `value` over all bits, one to one.
  static std::uint64_t Mix(std::uint64_t value) {
    value = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9ULL;
    value = (value ^ (value >> 27)) * 0x94D049BB133111EBULL;
    return value ^ (value >> 31);
  }

  std::uint64_t Next() { return Mix(state_ += 0x9E3779B97F4A7C15ULL); }
  /// In [0, bound); `bound` > 0.
  std::uint32_t Below(std::size_t bound) {
    return static_cast<std::uint32_t>(((Next() >> 32) * static_cast<std::uint64_t>(bound)) >> 32);
  }
  /// In [0, 1).
  double Unit() { return static_cast<double>(Next() >> 11) * 0x1.0p-53; }
  /// True in `per_mille` of 1000 throws.
  bool Chance(std::uint32_t per_mille) { return Below(1000) < per_mille; }
  /// An index below `count` with probability close to 1 / (index + 1), as Zipf's law has it.
  std::uint32_t Zipf(std::size_t count) {
    const double index = std::exp2(Unit() * std::log2(static_cast<double>(count) + 1.0)) - 1.0;
    return static_cast<std::uint32_t>(index);
  }
  /// Around 1, never below 0.12 or above 8, with most of its mass between 0.4 and 2.5.
  double Spread() { return std::exp2((Unit() + Unit() + Unit() - 1.5) * 2.0); }

 private:
  std::uint64_t state_;
};

}  // namespace clew::workload
