#include "pipeline/follower/delivery_tracker.h"

#include <algorithm>
#include <utility>

namespace clew::pipeline {

DeliveryTracker::DeliveryTracker(std::size_t count_max, std::uint64_t bytes_max)
    : count_max_(count_max), bytes_max_(bytes_max) {}

bool DeliveryTracker::has_room() const {
  const std::scoped_lock lock(state_->mutex);
  return state_->in_flight_count < count_max_ && state_->in_flight_bytes < bytes_max_;
}

DeliveryTokenPtr DeliveryTracker::Begin(log::Position begin, base::MemoryHold hold) {
  const std::uint64_t bytes = hold.bytes();
  {
    const std::scoped_lock lock(state_->mutex);
    state_->is_abandoned_by_begin[begin] = false;
    ++state_->in_flight_count;
    state_->in_flight_bytes += bytes;
  }
  // Shared since a std::function must be copyable.
  auto shared_hold = std::make_shared<base::MemoryHold>(std::move(hold));
  return std::make_shared<DeliveryToken>(
      [state = state_, begin, bytes, shared_hold](DeliveryOutcome outcome) {
        {
          const std::scoped_lock lock(state->mutex);
          --state->in_flight_count;
          state->in_flight_bytes -= bytes;
          if (outcome == DeliveryOutcome::kAbandoned) {
            state->is_abandoned_by_begin[begin] = true;
          } else {
            state->is_abandoned_by_begin.erase(begin);
          }
          state->released.notify_all();
        }
        // Last: who is woken by it may go ahead without memory when nothing is on its way.
        shared_hold->Release();
      });
}

std::optional<log::Position> DeliveryTracker::FirstAbandoned() const {
  const std::scoped_lock lock(state_->mutex);
  if (state_->in_flight_count == state_->is_abandoned_by_begin.size()) return std::nullopt;
  const auto& records = state_->is_abandoned_by_begin;
  const auto found = std::find_if(records.begin(), records.end(),
                                  [](const auto& record) { return record.second; });
  return found == records.end() ? std::nullopt : std::optional(found->first);
}

log::Position DeliveryTracker::Watermark(log::Position read_up_to) const {
  const std::scoped_lock lock(state_->mutex);
  const auto& records = state_->is_abandoned_by_begin;
  return records.empty() ? read_up_to : records.begin()->first;
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
