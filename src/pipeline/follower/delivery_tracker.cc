#include "pipeline/follower/delivery_tracker.h"

#include <utility>

namespace clew::pipeline {

DeliveryTracker::DeliveryTracker(std::size_t count_max, std::uint64_t bytes_max)
    : count_max_(count_max), bytes_max_(bytes_max) {}

bool DeliveryTracker::has_room() const {
  const std::scoped_lock lock(state_->mutex);
  return state_->in_flight_count < count_max_ && state_->in_flight_bytes < bytes_max_;
}

DeliveryTokenPtr DeliveryTracker::Begin(log::Position begin, base::MemoryHold memory) {
  const std::uint64_t bytes = memory.bytes();
  log::HoldPtr hold = state_->holds.At(begin);
  {
    const std::scoped_lock lock(state_->mutex);
    state_->abandoned.erase(begin);
    ++state_->in_flight_count;
    state_->in_flight_bytes += bytes;
  }
  // Shared since a std::function must be copyable.
  auto shared_memory = std::make_shared<base::MemoryHold>(std::move(memory));
  return std::make_shared<DeliveryToken>([state = state_, hold = std::move(hold), bytes,
                                          shared_memory](DeliveryOutcome outcome) mutable {
    {
      const std::scoped_lock lock(state->mutex);
      --state->in_flight_count;
      state->in_flight_bytes -= bytes;
      if (outcome == DeliveryOutcome::kAbandoned) {
        state->abandoned.emplace(hold->position(), hold);
      }
      hold.reset();
      state->released.notify_all();
    }
    // Last: who is woken by it may go ahead without memory when nothing is on its way.
    shared_memory->Release();
  });
}

std::optional<log::Position> DeliveryTracker::FirstAbandoned() const {
  const std::scoped_lock lock(state_->mutex);
  if (state_->abandoned.empty()) return std::nullopt;
  return state_->abandoned.begin()->first;
}

log::Position DeliveryTracker::Watermark(log::Position read_up_to) const {
  return state_->holds.Watermark(read_up_to);
}

std::size_t DeliveryTracker::in_flight_count() const {
  const std::scoped_lock lock(state_->mutex);
  return state_->in_flight_count;
}

std::uint64_t DeliveryTracker::in_flight_bytes() const {
  const std::scoped_lock lock(state_->mutex);
  return state_->in_flight_bytes;
}

void DeliveryTracker::WaitForRelease(Nanos limit) const {
  std::unique_lock lock(state_->mutex);
  state_->released.wait_for(lock, limit);
}

}  // namespace clew::pipeline
