#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>

#include "base/vocabulary.h"

namespace clew::traceql::metrics {

/// The time that series are about, cut into buckets of one step. A bucket is open to the left and
/// closed to the right, and called by its right edge: the point at T is about (T - step, T].
struct TimeRange {
  /// In place of the number of a bucket: the time is none of the range.
  static constexpr std::uint32_t kNoBucket = std::numeric_limits<std::uint32_t>::max();

  bool operator==(const TimeRange&) const = default;

  std::uint32_t bucket_count() const {
    return static_cast<std::uint32_t>((end - start + step.count() - 1) / step.count());
  }
  /// Times are unsigned, as on the wire.
  std::uint32_t BucketOf(UnixNanos time) const {
    const auto at = static_cast<std::uint64_t>(time);
    const auto from = static_cast<std::uint64_t>(start);
    if (at <= from || at > static_cast<std::uint64_t>(end)) return kNoBucket;
    return static_cast<std::uint32_t>((at - from - 1) / static_cast<std::uint64_t>(step.count()));
  }
  std::int64_t TimestampMs(std::uint32_t bucket) const {
    return (start + (std::int64_t{bucket} + 1) * step.count()) / 1'000'000;
  }
  double step_seconds() const { return static_cast<double>(step.count()) / 1e9; }

  /// Not negative. Between them is a whole number of steps; else the last one ends early.
  UnixNanos start = 0;
  UnixNanos end = 0;
  Nanos step{};
};

/// BucketOf for times of which neighbours are mostly in one bucket: it divides only when one is
/// not.
class BucketFinder {
 public:
  explicit BucketFinder(const TimeRange& range) : range_(range) {}

  std::uint32_t Of(UnixNanos time) {
    if (static_cast<std::uint64_t>(time) - first_ < width_) return bucket_;
    return Find(time);
  }

 private:
  std::uint32_t Find(UnixNanos time) {
    const std::uint32_t bucket = range_.BucketOf(time);
    if (bucket == TimeRange::kNoBucket) return bucket;
    bucket_ = bucket;
    const auto step = static_cast<std::uint64_t>(range_.step.count());
    first_ = static_cast<std::uint64_t>(range_.start) + bucket * step + 1;
    width_ = std::min(step, static_cast<std::uint64_t>(range_.end) - first_ + 1);
    return bucket;
  }

  const TimeRange range_;
  /// The bucket that was found last is [first_, first_ + width_).
  std::uint32_t bucket_ = TimeRange::kNoBucket;
  std::uint64_t first_ = 0;
  std::uint64_t width_ = 0;
};

/// The times of a request as they came.
struct AskedRange {
  UnixNanos start = 0;
  UnixNanos end = 0;
  /// Of a range query; DefaultStep when the request has none.
  Nanos step{};
};

struct RangeLimits {
  Nanos duration_max = std::chrono::hours(24);
  /// Steps between the start and end that were asked for.
  std::int64_t points_max = 10'000;
  /// What is newer is not whole yet: now less the cutoff. Series end there.
  UnixNanos latest = std::numeric_limits<UnixNanos>::max();
};

/// What gives some 240 points, and is a round number.
Nanos DefaultStep(UnixNanos start, UnixNanos end);

/// The buckets of a range query: the start is floored to a multiple of the step and moved back by
/// one, the end raised to one, but not beyond what is whole. INVALID_ARGUMENT says which of the
/// times is wrong, and of a step that is too small the least that is not.
Result<TimeRange> Align(const AskedRange& asked, const RangeLimits& limits);

/// The one bucket of an instant query, as it was asked for. The step counts for nothing.
Result<TimeRange> Instant(const AskedRange& asked, const RangeLimits& limits);

}  // namespace clew::traceql::metrics
