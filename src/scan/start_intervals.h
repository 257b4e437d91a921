#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "base/vocabulary.h"

namespace clew::scan {

/// When the spans of a source started, as a few intervals that cover all and leave out the widest
/// gaps: one span of a clock that is years ahead does not stretch what is said of the others.
/// Immutable.
class StartIntervals {
 public:
  static constexpr std::size_t kCountMax = 32;

  struct Interval {
    UnixNanos min = 0;
    UnixNanos max = 0;
  };

  /// All starts of a source, in any order.
  explicit StartIntervals(std::vector<UnixNanos> starts);

  /// No span that started in [min, max] did so later than this; nothing when there is no such span.
  std::optional<UnixNanos> NewestIn(UnixNanos min, UnixNanos max) const;

  const std::vector<Interval>& intervals() const { return intervals_; }
  std::size_t byte_size() const {
    return sizeof(StartIntervals) + intervals_.capacity() * sizeof(Interval);
  }

 private:
  std::vector<Interval> intervals_;  // ascending, apart
};

}  // namespace clew::scan
