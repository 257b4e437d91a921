#pragma once

#include <atomic>

#include "base/vocabulary.h"

namespace clew::pipeline::testing {

/// Counts how often it is asked, which each round of a follower does.
class CountedClock final : public Clock {
 public:
  explicit CountedClock(const Clock& clock) : clock_(clock) {}
  UnixNanos Now() const override { return clock_.Now(); }
  Nanos Monotonic() const override {
    ++asked_count_;
    return clock_.Monotonic();
  }
  void Wait(std::unique_lock<std::mutex>& lock, std::condition_variable& wake,
            Nanos until) const override {
    clock_.Wait(lock, wake, until);
  }
  int asked_count() const { return asked_count_; }

 private:
  const Clock& clock_;
  mutable std::atomic<int> asked_count_ = 0;
};

}  // namespace clew::pipeline::testing
