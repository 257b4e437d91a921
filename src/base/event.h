#pragma once

#include <condition_variable>
#include <mutex>

#include "base/clock.h"

namespace clew::base {

/// Something that happens once, for whoever waits for it by a clock that is handed in. Any thread.
class Event {
 public:
  void Set() {
    const std::scoped_lock lock(mutex_);
    is_set_ = true;
    // Under the lock: whoever sees that it is set may destroy it.
    changed_.notify_all();
  }
  /// Whether it has happened, at `deadline` of `clock` at the latest.
  bool WaitUntil(Deadline deadline, const Clock& clock) {
    std::unique_lock lock(mutex_);
    return clock.WaitUntil(lock, changed_, deadline, [this] { return is_set_; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool is_set_ = false;
};

}  // namespace clew::base
