#pragma once

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <optional>
#include <set>

namespace clew::base {

/// Nanoseconds since 1970-01-01 UTC. Wire values above 2^63 keep their bits (they turn negative).
using UnixNanos = std::int64_t;
using Nanos = std::chrono::nanoseconds;
/// A moment of Clock::Monotonic: made by the clock by which it is looked at.
using Deadline = std::chrono::steady_clock::time_point;
/// What has passed.
inline constexpr Deadline kAtOnce{};

/// Where time comes from, so that tests need not wait for it. Any thread.
class Clock {
 public:
  virtual ~Clock() = default;
  /// Wall time.
  virtual UnixNanos Now() const = 0;
  /// Time that never goes back; only differences mean something.
  virtual Nanos Monotonic() const = 0;
  /// Monotonic(), as deadlines have it.
  Deadline Time() const { return Deadline(Monotonic()); }
  /// The time in `span`; when that is too far away to be told, Deadline::max(), which never comes.
  Deadline In(Nanos span) const {
    const Deadline now = Time();
    return span > Deadline::max() - now ? Deadline::max() : now + span;
  }
  bool HasPassed(Deadline deadline) const { return Time() >= deadline; }
  /// Not below zero.
  Nanos Until(Deadline deadline) const { return std::max(Nanos(0), Nanos(deadline - Time())); }

  /// Blocks until `wake` is notified or Monotonic() reaches `until`; may return early, so look at
  /// the condition and the time again. `lock` is held on return.
  virtual void Wait(std::unique_lock<std::mutex>& lock, std::condition_variable& wake,
                    Nanos until) const = 0;
  /// Blocks until `is_so`, for which `wake` is notified, or `deadline`; gives whether it is so.
  /// `is_so` is asked under `lock`.
  template <typename IsSo>
  bool WaitUntil(std::unique_lock<std::mutex>& lock, std::condition_variable& wake,
                 Deadline deadline, const IsSo& is_so) const {
    while (!is_so()) {
      if (deadline == Deadline::max()) {
        wake.wait(lock);
      } else if (HasPassed(deadline)) {
        return false;
      } else {
        Wait(lock, wake, deadline.time_since_epoch());
      }
    }
    return true;
  }
};

class SystemClock final : public Clock {
 public:
  UnixNanos Now() const override {
    return std::chrono::duration_cast<Nanos>(std::chrono::system_clock::now().time_since_epoch())
        .count();
  }
  Nanos Monotonic() const override {
    return std::chrono::duration_cast<Nanos>(std::chrono::steady_clock::now().time_since_epoch());
  }
  void Wait(std::unique_lock<std::mutex>& lock, std::condition_variable& wake,
            Nanos until) const override {
    // Not for the time that is left: the end of that is past the last moment when `until` is.
    wake.wait_until(lock, Deadline(until));
  }
};

/// The time of this machine, for whoever is handed no other.
inline const Clock& SystemTime() {
  static const SystemClock clock;
  return clock;
}

/// A clock that stands still until a test moves it.
class ManualClock final : public Clock {
 public:
  explicit ManualClock(UnixNanos now) : now_(now) {}
  UnixNanos Now() const override { return now_.load(); }
  Nanos Monotonic() const override { return Nanos(now_.load()); }
  void Advance(Nanos by) { now_ += by.count(); }

  /// Returns every millisecond, for the caller to see whether the test has moved the time. It must
  /// not wait on by itself: a notification that meets the end of such a wait wakes nobody.
  void Wait(std::unique_lock<std::mutex>& lock, std::condition_variable& wake,
            Nanos until) const override {
    if (Monotonic() >= until) {
      return;
    }
    const auto entry = [&] {
      const std::scoped_lock guard(mutex_);
      return waits_.insert(until);
    }();
    wake.wait_for(lock, std::chrono::milliseconds(1));
    const std::scoped_lock guard(mutex_);
    waits_.erase(entry);
  }
  /// The earliest time that some thread waits for, or nothing when none does: also for a moment
  /// each time a wait returns.
  std::optional<Nanos> NextWake() const {
    const std::scoped_lock guard(mutex_);
    return waits_.empty() ? std::nullopt : std::optional(*waits_.begin());
  }

 private:
  std::atomic<UnixNanos> now_;
  mutable std::mutex mutex_;
  mutable std::multiset<Nanos> waits_;
};

}  // namespace clew::base
