#include "pipeline/follower/shared_batches.h"

#include <algorithm>

namespace clew::pipeline {

Result<model::BatchPtr> SharedBatches::GetOrMake(log::Position where, const Make& make) {
  const std::shared_ptr<Slot> slot = SlotOf(where);
  const std::scoped_lock lock(slot->mutex);
  if (model::BatchPtr batch = slot->batch.lock()) return batch;
  Result<model::BatchPtr> made = make();
  if (made) slot->batch = *made;
  return made;
}

std::size_t SharedBatches::size() const {
  const std::scoped_lock lock(mutex_);
  return slots_.size();
}

std::shared_ptr<SharedBatches::Slot> SharedBatches::SlotOf(log::Position where) {
  const std::scoped_lock lock(mutex_);
  if (slots_.size() >= sweep_at_) {
    // One that is about to be filled may go, too: then another makes that batch once more.
    std::erase_if(slots_, [](const auto& entry) {
      const std::unique_lock slot_lock(entry.second->mutex, std::try_to_lock);
      return slot_lock.owns_lock() && entry.second->batch.expired();
    });
    // So that a sweep costs each that comes the same, however many are held.
    sweep_at_ = std::max<std::size_t>(64, 2 * slots_.size());
  }
  std::shared_ptr<Slot>& slot = slots_[where];
  if (slot == nullptr) slot = std::make_shared<Slot>();
  return slot;
}

}  // namespace clew::pipeline
