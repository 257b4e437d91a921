#pragma once

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>

#include "base/memory_budget.h"
#include "log/holds.h"
#include "log/log.h"
#include "pipeline/delivery.h"

namespace clew::pipeline {

/// Remembers which records of the log are on their way and which were given back. Tokens may
/// outlive it. Any thread.
class DeliveryTracker {
 public:
  /// At most `count_max` records are on their way at once, and none begins once `bytes_max` are.
  DeliveryTracker(std::size_t count_max, std::uint64_t bytes_max);

  bool has_room() const;
  /// A token for the record at `begin`, which is on its way until the token is released. Its
  /// `memory` is given back then; it says how many bytes it takes.
  DeliveryTokenPtr Begin(log::Position begin, base::MemoryHold memory = {});
  /// The first record that was given back and not yet begun again.
  std::optional<log::Position> FirstAbandoned() const;
  /// Everything before it is done with; `read_up_to` when nothing is on its way.
  log::Position Watermark(log::Position read_up_to) const;
  std::size_t in_flight_count() const;
  std::uint64_t in_flight_bytes() const;
  /// Waits, in real time, until a token is released or `limit` has passed.
  void WaitForRelease(Nanos limit) const;

 private:
  struct State {
    mutable std::mutex mutex;
    mutable std::condition_variable released;
    log::Holds holds;
    /// Given back, and not begun again.
    std::map<log::Position, log::HoldPtr> abandoned;
    std::size_t in_flight_count = 0;
    std::uint64_t in_flight_bytes = 0;
  };

  const std::size_t count_max_;
  const std::uint64_t bytes_max_;
  const std::shared_ptr<State> state_ = std::make_shared<State>();
};

}  // namespace clew::pipeline
