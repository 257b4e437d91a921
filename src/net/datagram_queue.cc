#include "net/datagram_queue.h"

#include <utility>

namespace clew::net {
namespace {

/// Handled in a row; then others of the pool have their turn.
constexpr std::size_t kHandledAtOnceMax = 16;

}  // namespace

std::shared_ptr<Datagram> DatagramQueue::Make() {
  {
    const std::scoped_lock lock(mutex_);
    if (count_ >= count_max_) return nullptr;
    ++count_;
  }
  std::shared_ptr<void> place(this, [self = shared_from_this()](void*) { self->Leave(); });
  auto datagram = std::make_shared<Datagram>();
  datagram->place = std::move(place);
  datagram->cancelled = stop_.get_token();
  return datagram;
}

bool DatagramQueue::Put(std::shared_ptr<const Datagram> datagram) {
  std::unique_lock lock(mutex_);
  waiting_.push_back(std::move(datagram));
  if (worker_count_ == worker_count_max_) return true;
  if (workers_.TryPost([self = shared_from_this()] { self->Work(); })) {
    ++worker_count_;
    return true;
  }
  // Those who are busy come to it.
  if (worker_count_ > 0) return true;
  const std::shared_ptr<const Datagram> dropped = std::move(waiting_.back());
  waiting_.pop_back();
  lock.unlock();  // it gives back its place
  return false;
}

void DatagramQueue::Work() {
  for (std::size_t handled = 0;; ++handled) {
    std::shared_ptr<const Datagram> next;
    {
      const std::scoped_lock lock(mutex_);
      const bool is_posted = handled >= kHandledAtOnceMax && !waiting_.empty() &&
                             workers_.TryPost([self = shared_from_this()] { self->Work(); });
      if (is_posted) return;
      if (waiting_.empty()) {
        if (--worker_count_ == 0 && count_ == 0) emptied_.notify_all();
        return;
      }
      next = std::move(waiting_.front());
      waiting_.pop_front();
    }
    handler_(std::move(next));
  }
}

void DatagramQueue::Leave() {
  const std::scoped_lock lock(mutex_);
  if (--count_ == 0 && worker_count_ == 0) emptied_.notify_all();
}

void DatagramQueue::WaitUntilEmpty(Deadline deadline) {
  const auto is_empty = [this] { return count_ == 0 && worker_count_ == 0; };
  std::unique_lock lock(mutex_);
  if (clock_.WaitUntil(lock, emptied_, deadline, is_empty)) return;
  lock.unlock();
  stop_.request_stop();
  lock.lock();
  emptied_.wait(lock, is_empty);
}

}  // namespace clew::net
