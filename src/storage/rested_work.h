#pragma once

#include <algorithm>
#include <chrono>

#include "base/vocabulary.h"

namespace clew::storage {

/// Work that looks at everything, and takes longer the more there is: a rest of some times what it
/// took follows, so that it never takes more than its share of a core. One thread at a time.
class RestedWork {
 public:
  constexpr RestedWork(int rest_per_work, Nanos rest_max)
      : rest_per_work_(rest_per_work), rest_max_(rest_max) {}

  bool IsDue(Nanos now) const { return now >= due_at_; }
  void WasDone(Nanos begun, Nanos ended) {
    const Nanos took = ended - begun;
    const bool stood_still = took >= kWorkMax;  // and has rested: a machine that slept, a clock set
    due_at_ = stood_still ? ended : ended + std::min(rest_per_work_ * took, rest_max_);
  }

 private:
  /// No work takes as long.
  static constexpr Nanos kWorkMax = std::chrono::minutes(1);

  const int rest_per_work_;
  const Nanos rest_max_;
  Nanos due_at_{0};
};

}  // namespace clew::storage
