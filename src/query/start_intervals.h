#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "storage/span_source.h"

namespace clew::query {

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

 private:
  std::vector<Interval> intervals_;  // ascending, apart
};

/// Remembers the intervals of sources whose statistics span more than the spans of one are likely
/// to: half a KiB each, as long as the source lives. Any thread.
class StartIntervalsCache {
 public:
  /// The latest start that a span of `source` in [min, max] can have; nothing when there is none.
  /// Reads the starts of all spans the first time it pays to. Errors are the source's.
  Result<std::optional<UnixNanos>> NewestIn(const storage::SpanSourcePtr& source, UnixNanos min,
                                            UnixNanos max);

 private:
  using WeakSource = std::weak_ptr<const storage::SpanSource>;
  Result<std::shared_ptr<const StartIntervals>> Of(const storage::SpanSourcePtr& source);

  std::mutex mutex_;
  std::map<WeakSource, std::shared_ptr<const StartIntervals>, std::owner_less<WeakSource>> known_;
  std::size_t sweep_at_ = 64;  // entries, when those of sources that are gone are dropped
};

}  // namespace clew::query
