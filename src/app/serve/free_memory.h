#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <functional>
#include <limits>
#include <utility>

#include "base/vocabulary.h"

namespace clew::app::serve {

/// Gives memory back to the system that the allocator keeps although nothing has needed it for a
/// while: what queries took and let go of lies between what caches keep, and would stay resident.
/// One thread.
class FreeMemory {
 public:
  static constexpr Nanos kInterval = std::chrono::seconds(5);
  /// What is free at all of so many looks is needed by nobody: steady work uses the same memory
  /// again and again, and giving that back would cost its page faults anew.
  static constexpr int kLookCount = 3;
  static constexpr std::uint64_t kWorthwhileBytes = 64u << 20;

  /// `measure` says how many bytes are free and resident, `release` gives back what it can.
  FreeMemory(std::function<std::uint64_t()> measure, std::function<void()> release)
      : measure_(std::move(measure)), release_(std::move(release)) {}

  /// To be called every kInterval.
  void Look() {
    const std::uint64_t bytes = measure_();
    least_ = std::min(least_, bytes);
    // Less than a page is between what is in use, and cannot be given back.
    rest_ = std::min(rest_, bytes);
    if (++look_count_ < kLookCount) return;
    if (least_ - rest_ > kWorthwhileBytes) {
      release_();
      rest_ = measure_();
    }
    look_count_ = 0;
    least_ = std::numeric_limits<std::uint64_t>::max();
  }

 private:
  const std::function<std::uint64_t()> measure_;
  const std::function<void()> release_;
  int look_count_ = 0;
  std::uint64_t least_ = std::numeric_limits<std::uint64_t>::max();
  std::uint64_t rest_ = 0;  // free after the last release, or less since
};

}  // namespace clew::app::serve
