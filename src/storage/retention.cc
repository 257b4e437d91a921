#include "storage/retention.h"

#include <fmt/core.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>

#include "base/duration.h"
#include "base/logging.h"

namespace clew::storage {
namespace {

constexpr Nanos kLeap = std::chrono::minutes(5);
constexpr Nanos kGapAtStart = std::chrono::hours(24);
constexpr Nanos kSuspension = std::chrono::hours(1);
constexpr double kSpeed = 4;
// Of all blocks, at once.
constexpr double kShareAtOnce = 0.01;

}  // namespace

Retention::Retention(const RetentionOptions& options, const Clock& clock, base::Metrics& metrics)
    : options_(options),
      clock_(clock),
      leaps_(metrics.Counter("clew_storage_clock_leaps",
                             "Times that the wall clock leaped, or had since the last run.")),
      suspended_(metrics.Gauge("clew_storage_retention_suspended",
                               "1 while nothing is deleted by age, since the clock leaped.")) {}

void Retention::Suspend(const char* why, std::int64_t leap) {
  leaps_.Increment();
  suspended_until_ = clock_.Monotonic() + kSuspension;
  base::Log(base::LogLevel::kWarn,
            fmt::format("{}; for an hour no block is deleted by age: check the clock", why),
            {{"leap", base::FormatDuration(Nanos(leap))}});
}

void Retention::ObserveClock(std::span<const Candidate> oldest_first) {
  const UnixNanos wall = clock_.Now();
  const Nanos monotonic = clock_.Monotonic();
  const Nanos elapsed = has_observed_ ? monotonic - last_monotonic_ : Nanos(0);
  if (has_observed_) {
    const std::int64_t leap = wall - last_wall_ - elapsed.count();
    if (std::abs(leap) > kLeap.count()) Suspend("the clock leaped", leap);
  } else if (!oldest_first.empty()) {
    const std::int64_t gap = wall - oldest_first.back().created_at;
    if (std::abs(gap) > kGapAtStart.count()) Suspend("the clock is far from the newest block", gap);
  }
  has_observed_ = true;
  last_wall_ = wall;
  last_monotonic_ = monotonic;
  suspended_.Set(monotonic < suspended_until_ ? 1 : 0);

  const auto count = static_cast<double>(oldest_first.size());
  if (options_.age > Nanos(0)) {
    allowance_ += kSpeed * count * static_cast<double>(elapsed.count()) /
                  static_cast<double>(options_.age.count());
  }
  allowance_ = std::min(allowance_, std::max(1.0, count * kShareAtOnce));
}

std::uint64_t Retention::MissingOnDisk(std::uint64_t condemned_bytes) const {
  if (!options_.free_disk_bytes) return 0;
  const std::optional<std::uint64_t> free = options_.free_disk_bytes();
  if (!free || *free + condemned_bytes >= options_.disk_reserve_bytes) return 0;
  return options_.disk_reserve_bytes - *free - condemned_bytes;
}

std::vector<DeletionReason> Retention::Choose(std::span<const Candidate> oldest_first,
                                              std::uint64_t condemned_bytes) {
  ObserveClock(oldest_first);
  const bool may_age = options_.age > Nanos(0) && clock_.Monotonic() >= suspended_until_;
  std::uint64_t missing = MissingOnDisk(condemned_bytes);
  std::uint64_t total = 0;
  for (const Candidate& candidate : oldest_first) total += candidate.byte_size;
  std::vector<DeletionReason> reasons;
  for (const Candidate& candidate : oldest_first) {
    const bool is_old =
        may_age && clock_.Now() - candidate.created_at > options_.age.count() && allowance_ >= 1;
    if (is_old) {
      allowance_ -= 1;
      reasons.push_back(DeletionReason::kAge);
    } else if (options_.bytes > 0 && total > options_.bytes) {
      reasons.push_back(DeletionReason::kSize);
    } else if (missing > 0) {
      reasons.push_back(DeletionReason::kDisk);
    } else {
      break;
    }
    total -= candidate.byte_size;
    missing -= std::min(missing, candidate.byte_size);
  }
  return reasons;
}

}  // namespace clew::storage
