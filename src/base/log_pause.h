#pragma once

#include <atomic>

#include "base/clock.h"

namespace clew::base {

/// Keeps a line of the process log that others can cause at will to one in a while. Any thread.
class LogPause {
 public:
  explicit LogPause(Nanos pause) : pause_(pause) {}

  /// Whether the line may be written at `now`, which is monotonic; after that it rests.
  bool MayLog(Nanos now) {
    Nanos next = next_.load();
    return now >= next && next_.compare_exchange_strong(next, now + pause_);
  }

 private:
  const Nanos pause_;
  std::atomic<Nanos> next_{Nanos::min()};
};

}  // namespace clew::base
