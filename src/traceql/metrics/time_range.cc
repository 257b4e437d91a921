#include "traceql/metrics/time_range.h"

#include <algorithm>
#include <array>
#include <chrono>

#include "base/duration.h"

namespace clew::traceql::metrics {
namespace {

using namespace std::chrono_literals;

Status CheckTimes(const AskedRange& asked, const RangeLimits& limits) {
  if (asked.start <= 0) return InvalidArgument("start required");
  if (asked.end <= 0) return InvalidArgument("end required");
  if (asked.end <= asked.start) return InvalidArgument("end must be greater than start");
  if (asked.end - asked.start > limits.duration_max.count()) {
    return InvalidArgument("metrics query time range exceeds the maximum allowed duration of {}",
                           base::FormatDuration(limits.duration_max));
  }
  if (asked.start >= limits.latest) {
    return InvalidArgument("query window falls entirely within query_end_cutoff");
  }
  return {};
}

std::int64_t Floor(std::int64_t time, std::int64_t step) { return time / step * step; }

/// The last multiple that there is, when there is none above.
std::int64_t Raise(std::int64_t time, std::int64_t step) {
  const std::int64_t floor = Floor(time, step);
  if (floor == time || floor > std::numeric_limits<std::int64_t>::max() - step) return floor;
  return floor + step;
}

}  // namespace

Nanos DefaultStep(UnixNanos start, UnixNanos end) {
  const Nanos range(std::max<std::int64_t>(end - start, 0));
  const Nanos step = range / 240;
  Nanos unit = 50ms;
  if (range >= 1min) {
    constexpr std::array<Nanos, 6> kUnits = {1h, 5min, 1min, 15s, 5s, 1s};
    const auto* const largest =
        std::ranges::find_if(kUnits, [step](Nanos each) { return each <= step; });
    unit = largest == kUnits.end() ? kUnits.back() : *largest;
  }
  return std::max(unit, step - step % unit);
}

Result<TimeRange> Align(const AskedRange& asked, const RangeLimits& limits) {
  TRY(CheckTimes(asked, limits));
  const std::int64_t step = asked.step.count();
  if (step <= 0) return InvalidArgument("step required");
  const std::int64_t duration = asked.end - asked.start;
  if (duration / step > limits.points_max) {
    const Nanos least((duration + limits.points_max - 1) / limits.points_max);
    return InvalidArgument("step of {} is too small, minimum step for given range is {}",
                           base::FormatDuration(asked.step), base::FormatDuration(least));
  }
  TimeRange range{.start = Floor(asked.start, step), .end = 0, .step = asked.step};
  if (asked.start > step) range.start -= step;
  range.end = std::min(Raise(asked.end, step), Floor(limits.latest, step));
  if (range.end <= range.start) {
    return InvalidArgument("query window falls entirely within query_end_cutoff");
  }
  return range;
}

Result<TimeRange> Instant(const AskedRange& asked, const RangeLimits& limits) {
  TRY(CheckTimes(asked, limits));
  TimeRange range{.start = asked.start, .end = std::min(asked.end, limits.latest), .step = {}};
  range.step = Nanos(range.end - range.start);
  return range;
}

}  // namespace clew::traceql::metrics
