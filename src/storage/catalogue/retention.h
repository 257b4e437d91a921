#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <vector>

#include "base/metrics.h"
#include "base/vocabulary.h"

namespace clew::storage {

struct RetentionOptions {
  /// Blocks older than this (by arrival) are deleted; 0: never.
  Nanos age{std::chrono::hours(24 * 14)};
  /// The oldest blocks go when all together are larger; 0: no limit.
  std::uint64_t bytes = 0;
  /// The oldest blocks go when less than this is free on their disk; 0: never.
  std::uint64_t disk_reserve_bytes = 0;
  /// So much of the newest stays, however full the disk is.
  std::uint64_t disk_floor_bytes = 0;
  /// What is free there; nothing when it cannot be told. May be empty: then it is not looked at.
  std::function<std::optional<std::uint64_t>()> free_disk_bytes;
};

/// The last is none of retention's: another block has its spans.
enum class DeletionReason { kAge, kSize, kDisk, kReplaced };

/// Decides which blocks are deleted, oldest first. One thread.
///
/// Age is measured with a clock that people and machines set. A clock that leaps — by more than
/// five minutes against the monotonic one, or by more than a day past the newest block while nobody
/// ran — suspends deletion by age until an hour has passed without another leap, or ten minutes
/// when it is the first call that finds it: whoever sets a clock that was wrong makes it leap then.
/// And what age deletes is bounded: one block at once, and besides at most four times as fast as
/// blocks come of age when they come evenly. So no clock empties a store faster than in a quarter
/// of `age`, and what is due is gone within a quarter of `age`, however many there are: the speed
/// is of all blocks that there were since the first of those came due, and does not sink with them.
///
/// The room that is missing on a disk may be taken by others, who take what is freed, too. So what
/// a full disk deletes is bounded as well: what new blocks came to, for a store that fills the disk
/// by itself, the reserve once, and besides no more than would take all blocks in a day. Blocks
/// whose deletion makes no room there, as those on another disk, are passed over.
class Retention {
 public:
  Retention(const RetentionOptions& options, const Clock& clock, base::Metrics& metrics);

  struct Candidate {
    UnixNanos created_at = 0;
    std::uint64_t byte_size = 0;
  };
  struct Chosen {
    /// In `oldest_first`.
    std::size_t index = 0;
    DeletionReason reason = DeletionReason::kAge;
  };
  /// Whether it makes room on that disk to delete the candidate at `index`.
  using FreesRoom = std::function<bool(std::size_t index)>;
  /// Which blocks of `oldest_first` go now, oldest first; the others stay. `condemned_bytes` are
  /// those that were chosen before and are not deleted yet. `frees_room` is asked only when the
  /// disk is short of room, and no further than for the oldest that make enough of it.
  std::vector<Chosen> Choose(std::span<const Candidate> oldest_first, std::uint64_t condemned_bytes,
                             const FreesRoom& frees_room);

 private:
  /// Gives how much time has passed since the last call.
  Nanos ObserveClock(std::span<const Candidate> oldest_first);
  void Suspend(const char* why, std::int64_t leap, Nanos time);
  bool IsOld(const Candidate& candidate) const;
  void RefillAge(std::span<const Candidate> oldest_first, Nanos elapsed, bool is_first);
  /// Gives the bytes of all.
  std::uint64_t ObserveDisk(std::span<const Candidate> oldest_first, Nanos elapsed, bool is_first);
  std::uint64_t MissingOnDisk(std::uint64_t condemned_bytes) const;
  void TellOfDisk(std::uint64_t missing);

  const RetentionOptions options_;
  const Clock& clock_;
  prometheus::Counter& leaps_;
  prometheus::Gauge& suspended_;
  prometheus::Gauge& disk_missing_;
  bool has_observed_ = false;
  UnixNanos last_wall_ = 0;
  Nanos last_monotonic_{0};
  Nanos suspended_until_{0};
  /// How many blocks age may delete now.
  double allowance_ = 0;
  /// How many there were at most since the oldest is due.
  std::size_t count_max_ = 0;
  /// How many bytes a full disk may delete now.
  double disk_allowance_ = 0;
  /// Of all blocks that stayed at the last call.
  std::uint64_t kept_bytes_ = 0;
  bool is_disk_short_ = false;
};

}  // namespace clew::storage
