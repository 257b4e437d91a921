#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>

namespace clew::base {

/// Nanoseconds since 1970-01-01 UTC. Wire values above 2^63 keep their bits (they turn negative).
using UnixNanos = std::int64_t;
using Nanos = std::chrono::nanoseconds;
using Deadline = std::chrono::steady_clock::time_point;

/// Where time comes from, so that tests need not wait for it. Any thread.
class Clock {
 public:
  virtual ~Clock() = default;
  /// Wall time.
  virtual UnixNanos Now() const = 0;
  /// Time that never goes back; only differences mean something.
  virtual Nanos Monotonic() const = 0;
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
};

/// A clock that stands still until a test moves it.
class ManualClock final : public Clock {
 public:
  explicit ManualClock(UnixNanos now) : now_(now) {}
  UnixNanos Now() const override { return now_.load(); }
  Nanos Monotonic() const override { return Nanos(now_.load()); }
  void Advance(Nanos by) { now_ += by.count(); }

 private:
  std::atomic<UnixNanos> now_;
};

}  // namespace clew::base
