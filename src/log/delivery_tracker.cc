#include "log/delivery_tracker.h"

#include <algorithm>
#include <utility>

namespace clew::log {

/// One allocation a record, and a place in the set: a head may hold very many.
class DeliveryTracker::PositionToken final : public pipeline::DeliveryToken {
 public:
  PositionToken(std::shared_ptr<State> state, Position begin)
      : DeliveryToken(nullptr), state_(std::move(state)) {
    const std::scoped_lock lock(state_->mutex);
    place_ = state_->in_flight.insert(begin);
    state_->abandoned.erase(begin);
  }

  ~PositionToken() override {
    const std::scoped_lock lock(state_->mutex);
    // In this order: it is never seen nowhere.
    if (is_abandoned()) state_->abandoned.insert(*place_);
    state_->in_flight.erase(place_);
    state_->released.notify_all();
  }

 private:
  const std::shared_ptr<State> state_;
  std::multiset<Position>::iterator place_;
};

/// Memory beside the position.
class DeliveryTracker::LoadedToken final : public pipeline::DeliveryToken {
 public:
  LoadedToken(std::shared_ptr<State> state, Position begin, base::MemoryHold memory)
      : DeliveryToken(nullptr),
        state_(std::move(state)),
        position_(std::make_shared<PositionToken>(state_, begin)),
        memory_(std::move(memory)) {
    const std::scoped_lock lock(state_->mutex);
    ++state_->loaded_count;
    state_->loaded_bytes += memory_.bytes();
  }

  ~LoadedToken() override {
    if (is_abandoned()) position_->Abandon();
    position_.reset();
    {
      const std::scoped_lock lock(state_->mutex);
      --state_->loaded_count;
      state_->loaded_bytes -= memory_.bytes();
      state_->released.notify_all();
    }
    // After it counts no more: who is woken by it may go ahead without memory when nothing is on
    // its way.
    memory_.Release();
  }

  pipeline::DeliveryTokenPtr WithoutMemory() override { return position_; }

 private:
  const std::shared_ptr<State> state_;
  std::shared_ptr<PositionToken> position_;
  base::MemoryHold memory_;
};

pipeline::DeliveryTokenPtr DeliveryTracker::Begin(Position begin) {
  return std::make_shared<PositionToken>(state_, begin);
}

pipeline::DeliveryTokenPtr DeliveryTracker::Begin(Position begin, base::MemoryHold memory) {
  return std::make_shared<LoadedToken>(state_, begin, std::move(memory));
}

std::optional<Position> DeliveryTracker::FirstAbandoned() const {
  const std::scoped_lock lock(state_->mutex);
  if (state_->abandoned.empty()) return std::nullopt;
  return *state_->abandoned.begin();
}

Position DeliveryTracker::Watermark(Position read_up_to) const {
  const std::scoped_lock lock(state_->mutex);
  if (!state_->in_flight.empty()) read_up_to = std::min(read_up_to, *state_->in_flight.begin());
  if (!state_->abandoned.empty()) read_up_to = std::min(read_up_to, *state_->abandoned.begin());
  return read_up_to;
}

std::size_t DeliveryTracker::in_flight_count() const {
  const std::scoped_lock lock(state_->mutex);
  return state_->in_flight.size();
}

std::uint64_t DeliveryTracker::in_flight_bytes() const {
  const std::scoped_lock lock(state_->mutex);
  return state_->loaded_bytes;
}

bool DeliveryTracker::holds_memory() const {
  const std::scoped_lock lock(state_->mutex);
  return state_->loaded_count > 0;
}

void DeliveryTracker::WaitForRelease(Deadline deadline, const Clock& clock) const {
  std::unique_lock lock(state_->mutex);
  clock.Wait(lock, state_->released, deadline.time_since_epoch());
}

}  // namespace clew::log
