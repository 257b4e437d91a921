#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <optional>

#include "base/vocabulary.h"
#include "pipeline/processors/memory_limiter/config.h"

namespace clew::pipeline::processors::memory_limiter {

/// In bytes. At `soft` data is refused; `hard` is what must never be passed.
struct Thresholds {
  std::uint64_t soft = 0;
  std::uint64_t hard = 0;
};

/// The thresholds that `config` means on a machine of `total` bytes.
Thresholds ThresholdsOf(const Config& config, std::uint64_t total);

/// Decides from measurements whether data is refused, and when freed memory goes back to the
/// system. Check runs on one thread; is_refusing on any.
class MemoryGate {
 public:
  /// `measure` gives resident bytes; `release` gives freed memory back.
  MemoryGate(const Config& config, Thresholds thresholds,
             std::function<Result<std::uint64_t>()> measure, std::function<void()> release);

  /// Measures. On an error of `measure` the last decision stands.
  Status Check(Nanos now);

  const Thresholds& thresholds() const { return thresholds_; }
  bool is_refusing() const { return is_refusing_.load(std::memory_order_relaxed); }
  /// The last measurement, in bytes.
  std::uint64_t resident() const { return resident_; }

 private:
  struct ReleaseInterval {
    Nanos least;
    Nanos most;  // 0: no cap
    Nanos now = least;
  };

  Status ReleaseIfDue(Nanos now, ReleaseInterval& interval);

  const Thresholds thresholds_;
  const std::function<Result<std::uint64_t>()> measure_;
  const std::function<void()> release_;
  ReleaseInterval soft_interval_;
  ReleaseInterval hard_interval_;
  std::optional<Nanos> last_release_;
  std::uint64_t resident_ = 0;
  std::atomic<bool> is_refusing_ = false;
};

}  // namespace clew::pipeline::processors::memory_limiter
