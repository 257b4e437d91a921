#pragma once

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <set>

#include "base/memory_budget.h"
#include "log/log.h"
#include "pipeline/delivery.h"

namespace clew::log {

/// How far a consumer of a log is: which records are on their way, and which were given back. What
/// it may commit is before the first of both. The one place where that is known, for followers and
/// for the store alike. Tokens may outlive it. Any thread.
class DeliveryTracker {
 public:
  /// A token for the record at `begin`, which is on its way until the token is released, and what
  /// its WithoutMemory() gave. To be taken before the record can be seen by who commits: before it
  /// is appended at or behind `begin`, or read from there.
  pipeline::DeliveryTokenPtr Begin(Position begin);
  /// The same with `memory`, which says how many bytes it takes, and is given back when the token
  /// is released.
  pipeline::DeliveryTokenPtr Begin(Position begin, base::MemoryHold memory);
  /// The first record that was given back and not yet begun again.
  std::optional<Position> FirstAbandoned() const;
  /// Everything before it is done with; `read_up_to` when nothing is on its way. Who appends to the
  /// log while others take tokens asks for the end of the log first: what was appended before that
  /// has its token by then.
  Position Watermark(Position read_up_to) const;
  std::size_t in_flight_count() const;
  /// Of those with memory that is not given back.
  std::uint64_t in_flight_bytes() const;
  /// True while there is one of them, however little it takes.
  bool holds_memory() const;
  /// Waits until a token is released, or `deadline` of `clock`; may return early.
  void WaitForRelease(Deadline deadline, const Clock& clock) const;

 private:
  class PositionToken;
  class LoadedToken;
  struct State {
    mutable std::mutex mutex;
    mutable std::condition_variable released;
    std::multiset<Position> in_flight;
    /// Given back, and not begun again.
    std::set<Position> abandoned;
    std::size_t loaded_count = 0;
    std::uint64_t loaded_bytes = 0;
  };

  const std::shared_ptr<State> state_ = std::make_shared<State>();
};

}  // namespace clew::log
