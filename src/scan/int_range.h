#pragma once

#include <cstdint>

namespace clew::scan {

/// The whole numbers from `least` to `most`; none when they are the other way round.
struct IntRange {
  std::int64_t least = 0;
  std::int64_t most = -1;

  /// Whether some number between `min` and `max` is one of them.
  bool MayMeet(std::int64_t min, std::int64_t max) const {
    return least <= most && least <= max && most >= min;
  }
};

}  // namespace clew::scan
