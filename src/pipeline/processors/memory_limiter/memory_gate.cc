#include "pipeline/processors/memory_limiter/memory_gate.h"

#include <algorithm>
#include <utility>

namespace clew::pipeline::processors::memory_limiter {
namespace {

constexpr std::uint64_t kDefaultSpikePercent = 20;

}  // namespace

Thresholds ThresholdsOf(const Config& config, std::uint64_t total) {
  std::uint64_t hard = config.limit_mib << 20;
  std::uint64_t spike = config.spike_limit_mib << 20;
  if (config.limit_mib == 0) {
    hard = total / 100 * config.limit_percentage;
    spike = total / 100 * config.spike_limit_percentage;
  }
  if (spike == 0) {
    spike = hard / 100 * kDefaultSpikePercent;
  }
  return {.soft = hard - std::min(spike, hard), .hard = hard};
}

MemoryGate::MemoryGate(const Config& config, Thresholds thresholds,
                       std::function<Result<std::uint64_t>()> measure,
                       std::function<void()> release)
    : thresholds_(thresholds),
      measure_(std::move(measure)),
      release_(std::move(release)),
      soft_interval_{.least = config.min_gc_interval_when_soft_limited,
                     .most = config.max_gc_interval_when_soft_limited},
      hard_interval_{.least = config.min_gc_interval_when_hard_limited,
                     .most = config.max_gc_interval_when_hard_limited} {}

Status MemoryGate::Check(Nanos now) {
  ASSIGN_OR_RETURN(resident_, measure_());
  if (resident_ >= thresholds_.hard) {
    TRY(ReleaseIfDue(now, hard_interval_));
  } else if (resident_ >= thresholds_.soft) {
    TRY(ReleaseIfDue(now, soft_interval_));
  } else {
    soft_interval_.now = soft_interval_.least;
    hard_interval_.now = hard_interval_.least;
  }
  is_refusing_ = resident_ >= thresholds_.soft;
  return {};
}

Status MemoryGate::ReleaseIfDue(Nanos now, ReleaseInterval& interval) {
  if (last_release_.has_value() && now - *last_release_ < interval.now) {
    return {};
  }
  const std::uint64_t before = resident_;
  release_();
  last_release_ = now;
  ASSIGN_OR_RETURN(resident_, measure_());
  const bool helped = resident_ < thresholds_.soft || resident_ <= before / 100 * 95;
  if (helped) {
    interval.now = interval.least;
    return {};
  }
  interval.now = std::max<Nanos>(interval.now * 2, std::chrono::seconds(1));
  if (interval.most > Nanos(0)) {
    interval.now = std::min(interval.now, interval.most);
  }
  return {};
}

}  // namespace clew::pipeline::processors::memory_limiter
