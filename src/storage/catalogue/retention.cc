#include "storage/catalogue/retention.h"

#include <fmt/core.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <string>

#include "base/duration.h"
#include "base/logging.h"

namespace clew::storage {
namespace {

constexpr Nanos kLeap = std::chrono::minutes(5);
constexpr Nanos kGapAtStart = std::chrono::hours(24);
constexpr Nanos kSuspension = std::chrono::hours(1);
// Short: a quiet store that is started now and then has to get rid of its blocks, too.
constexpr Nanos kSuspensionAtStart = std::chrono::minutes(10);
constexpr double kSpeed = 4;
// Of all blocks, at once.
constexpr double kShareAtOnce = 0.01;
// How long a disk that others fill takes at least to have all blocks deleted.
constexpr Nanos kDiskDeletesAllIn = std::chrono::hours(24);

}  // namespace

Retention::Retention(const RetentionOptions& options, const Clock& clock, base::Metrics& metrics)
    : options_(options),
      clock_(clock),
      leaps_(metrics.Counter("clew_storage_clock_leaps",
                             "Times that the wall clock leaped, or had since the last run.")),
      suspended_(metrics.Gauge("clew_storage_retention_suspended",
                               "1 while nothing is deleted by age, since the clock leaped.")),
      disk_missing_(metrics.Gauge("clew_storage_disk_missing_bytes",
                                  "Bytes that the disk lacks of its reserve and that retention may "
                                  "not make room for now.")) {}

void Retention::Suspend(const char* why, std::int64_t leap, Nanos time) {
  leaps_.Increment();
  suspended_until_ = clock_.Monotonic() + time;
  base::Log(base::LogLevel::kWarn,
            fmt::format("{}; for {} no block is deleted by age: check the clock", why,
                        base::FormatDuration(time)),
            {{"leap", base::FormatDuration(Nanos(leap))}});
}

Nanos Retention::ObserveClock(std::span<const Candidate> oldest_first) {
  const UnixNanos wall = clock_.Now();
  const Nanos monotonic = clock_.Monotonic();
  const Nanos elapsed = has_observed_ ? monotonic - last_monotonic_ : Nanos(0);
  if (has_observed_) {
    const std::int64_t leap = wall - last_wall_ - elapsed.count();
    if (std::abs(leap) > kLeap.count()) Suspend("the clock leaped", leap, kSuspension);
  } else if (!oldest_first.empty()) {
    const std::int64_t gap = wall - oldest_first.back().created_at;
    if (std::abs(gap) > kGapAtStart.count()) {
      Suspend("the clock is far from the newest block", gap, kSuspensionAtStart);
    }
  }
  has_observed_ = true;
  last_wall_ = wall;
  last_monotonic_ = monotonic;
  suspended_.Set(monotonic < suspended_until_ ? 1 : 0);
  return elapsed;
}

bool Retention::IsOld(const Candidate& candidate) const {
  return options_.age > Nanos(0) && clock_.Now() - candidate.created_at > options_.age.count();
}

void Retention::RefillAge(std::span<const Candidate> oldest_first, Nanos elapsed, bool is_first) {
  const bool is_due = !oldest_first.empty() && IsOld(oldest_first.front());
  count_max_ = is_due ? std::max(count_max_, oldest_first.size()) : oldest_first.size();
  const auto count = static_cast<double>(count_max_);
  // One at each start: else a process that never runs for long would delete nothing.
  allowance_ = is_first ? 1 : std::min(allowance_, std::max(1.0, count * kShareAtOnce));
  if (options_.age > Nanos(0)) {
    // Of all the time that passed, also when rounds are rare.
    allowance_ += kSpeed * count * static_cast<double>(elapsed.count()) /
                  static_cast<double>(options_.age.count());
  }
}

std::uint64_t Retention::ObserveDisk(std::span<const Candidate> oldest_first, Nanos elapsed,
                                     bool is_first) {
  std::uint64_t total = 0;
  for (const Candidate& candidate : oldest_first) total += candidate.byte_size;
  const auto reserve = static_cast<double>(options_.disk_reserve_bytes);
  const double share =
      static_cast<double>(elapsed.count()) / static_cast<double>(kDiskDeletesAllIn.count());
  const std::uint64_t added = total > kept_bytes_ ? total - kept_bytes_ : 0;
  disk_allowance_ = is_first
                        ? reserve
                        : std::min(disk_allowance_ + static_cast<double>(total) * share, reserve) +
                              static_cast<double>(added);
  return total;
}

std::uint64_t Retention::MissingOnDisk(std::uint64_t condemned_bytes) const {
  if (!options_.free_disk_bytes) return 0;
  const std::optional<std::uint64_t> free = options_.free_disk_bytes();
  if (!free || *free + condemned_bytes >= options_.disk_reserve_bytes) return 0;
  return options_.disk_reserve_bytes - *free - condemned_bytes;
}

std::vector<Retention::Chosen> Retention::Choose(std::span<const Candidate> oldest_first,
                                                 std::uint64_t condemned_bytes,
                                                 const FreesRoom& frees_room) {
  const bool is_first = !has_observed_;
  const Nanos elapsed = ObserveClock(oldest_first);
  RefillAge(oldest_first, elapsed, is_first);
  const bool may_age = clock_.Monotonic() >= suspended_until_;
  std::uint64_t missing = MissingOnDisk(condemned_bytes);
  kept_bytes_ = ObserveDisk(oldest_first, elapsed, is_first);
  std::uint64_t from_here_on = kept_bytes_;  // without those that were passed over
  std::vector<Chosen> chosen;
  for (std::size_t i = 0; i < oldest_first.size(); ++i) {
    const Candidate& candidate = oldest_first[i];
    const bool is_due = may_age && allowance_ >= 1 && IsOld(candidate);
    const bool is_too_much = options_.bytes > 0 && kept_bytes_ > options_.bytes;
    const bool may_make_room = missing > 0 && disk_allowance_ > 0 &&
                               from_here_on >= candidate.byte_size + options_.disk_floor_bytes;
    if (!is_due && !is_too_much && !may_make_room) break;
    from_here_on -= candidate.byte_size;
    const bool makes_room = missing > 0 && frees_room(i);
    if (is_due) {
      allowance_ -= 1;
      chosen.push_back({i, DeletionReason::kAge});
    } else if (is_too_much) {
      chosen.push_back({i, DeletionReason::kSize});
    } else if (makes_room) {
      disk_allowance_ -= static_cast<double>(candidate.byte_size);
      chosen.push_back({i, DeletionReason::kDisk});
    } else {
      continue;
    }
    kept_bytes_ -= candidate.byte_size;
    if (makes_room) missing -= std::min(missing, candidate.byte_size);
  }
  TellOfDisk(missing);
  return chosen;
}

void Retention::TellOfDisk(std::uint64_t missing) {
  disk_missing_.Set(static_cast<double>(missing));
  // Once until there is room again.
  if (missing > 0 && !is_disk_short_) {
    base::Log(base::LogLevel::kWarn,
              "the disk is nearly full, and the oldest blocks are not deleted as fast as it fills: "
              "make room, others may be filling it",
              {{"missing_bytes", std::to_string(missing)},
               {"bytes_of_blocks", std::to_string(kept_bytes_)},
               {"kept_at_least", std::to_string(options_.disk_floor_bytes)}});
  }
  is_disk_short_ = missing > 0;
}

}  // namespace clew::storage
