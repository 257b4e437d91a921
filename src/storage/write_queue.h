#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <map>
#include <optional>

#include "storage/write_job.h"

namespace clew::storage {

/// Those up to a number, and to a failure.
struct WriteLimits {
  std::uint64_t last_number = std::numeric_limits<std::uint64_t>::max();
  std::uint64_t last_failure = std::numeric_limits<std::uint64_t>::max();

  bool Have(const WriteJob& job) const {
    return job.number <= last_number && job.last_failure <= last_failure;
  }
};

/// The blocks that wait to be written, and whose turn it is: in the order in which they came, those
/// that failed behind all others, who failed longest ago first. But after each retry those that
/// failed go first until one of them fails again: while blocks come as fast as they are written
/// they would have no turn, and it is they that hold the checkpoint. What failed rests until the
/// next retry, and with it the others of its tenant when it was the place that failed, until one
/// of them is tried and written.
///
/// Each call takes a time that hardly grows with how many wait. Under the lock of the writer.
class WriteQueue {
 public:
  using Limits = WriteLimits;
  enum class Work { kTry, kOther };
  enum class Failing { kItself, kItsPlace };

  /// Gives it its number.
  void Add(const WriteJobPtr& job);
  /// Whose turn it is among those that `limits` have; null when there is none.
  WriteJobPtr Next(const Limits& limits = {}) const;
  /// It is busy: with a try to write it, which others of its tenant wait for when its place was
  /// away, or else.
  void Begin(WriteJob& job, Work work);
  /// It is not, and waits as before.
  void End(WriteJob& job);
  /// A try of one that is busy failed.
  void EndFailed(WriteJob& job, Failing failing);
  /// It is written, and its place is there.
  void EndWritten(WriteJob& job);
  /// It is for no turn any more, and stays among all until it is removed.
  void EndLost(WriteJob& job);
  void Remove(WriteJob& job);
  /// What rests waits again.
  void Retry();

  /// All, by number; also those that are busy, resting or lost.
  const std::map<std::uint64_t, WriteJobPtr>& all() const { return all_; }
  std::uint64_t last_number() const { return last_number_; }
  std::uint64_t last_failure() const { return last_failure_; }
  /// How many have a turn; counted up to `at_most`, or a little more.
  std::size_t ReadyCount(std::size_t at_most) const;
  /// One of those that `limits` have is busy.
  bool IsBusy(const Limits& limits) const;
  /// One of them waits for what becomes of another of its tenant, which is tried.
  bool IsBehindATry(const Limits& limits) const;
  /// The place of some tenant is away or full, as far as is known.
  bool IsAnyAway() const { return resting_lane_count_ > 0; }

 private:
  /// Those that never failed come first.
  struct Turn {
    std::uint64_t last_failure = 0;
    std::uint64_t number = 0;
    auto operator<=>(const Turn&) const = default;
  };
  /// Of a tenant, whose blocks lie side by side.
  struct Lane {
    /// Neither busy nor resting nor lost.
    std::map<Turn, WriteJobPtr> ready;
    /// Its place: was there the last time, was away and rests, may be tried, or is.
    enum class Place { kThere, kRests, kMayBeTried, kIsTried } place = Place::kThere;
    std::size_t job_count = 0;
    /// Its first of each kind, as others see it.
    std::optional<Turn> first_new;
    std::optional<Turn> first_failed;
  };
  using Lanes = std::map<TenantId, Lane>;
  using Firsts = std::map<Turn, const Lane*>;

  static Turn TurnOf(const WriteJob& job) { return {job.last_failure, job.number}; }
  static WriteJobPtr FirstOf(const Lane& lane, const Limits& limits);
  WriteJobPtr FirstNew(const Limits& limits) const;
  WriteJobPtr FirstFailed(const Limits& limits) const;
  Lane& LaneOf(const WriteJob& job) { return lanes_.at(job.tenant); }
  void SetPlace(Lane& lane, Lane::Place place);
  /// Places it where it waits now, if it does.
  void Place(WriteJob& job);
  void Show(const Lane& lane, std::optional<Turn>& shown, std::optional<Turn> now, Firsts& firsts);
  void Show(Lane& lane);

  std::map<std::uint64_t, WriteJobPtr> all_;
  Lanes lanes_;
  /// Of the lanes whose place is not away.
  Firsts new_;
  Firsts failed_;
  std::map<std::uint64_t, WriteJobPtr> busy_;
  std::map<std::uint64_t, WriteJobPtr> resting_;
  std::uint64_t last_number_ = 0;
  std::uint64_t last_failure_ = 0;
  std::size_t resting_lane_count_ = 0;
  bool do_failed_go_first_ = false;
};

}  // namespace clew::storage
