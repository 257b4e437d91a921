#include "log/holds.h"

#include <algorithm>
#include <utility>

namespace clew::log {

Holds::Hold::Hold(std::shared_ptr<State> state, Position position) : state_(std::move(state)) {
  const std::scoped_lock lock(state_->mutex);
  place_ = state_->positions.insert(position);
}

Holds::Hold::~Hold() {
  const std::scoped_lock lock(state_->mutex);
  state_->positions.erase(place_);
}

void Holds::Hold::MoveTo(Position position) {
  const std::scoped_lock lock(state_->mutex);
  // In this order: it is never seen held nowhere.
  const auto left = std::exchange(place_, state_->positions.insert(position));
  state_->positions.erase(left);
}

HoldPtr Holds::At(Position position) { return HoldPtr(new Hold(state_, position)); }

Position Holds::Watermark(Position read_up_to) const {
  const std::scoped_lock lock(state_->mutex);
  if (state_->positions.empty()) return read_up_to;
  return std::min(read_up_to, *state_->positions.begin());
}

}  // namespace clew::log
