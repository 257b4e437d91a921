#pragma once

#include <algorithm>

#include "base/vocabulary.h"

namespace clew::storage {

/// Work that looks at everything, and takes longer the more there is: a rest of some times what it
/// took follows, so that it never takes more than its share of a core. One thread at a time.
class RestedWork {
 public:
  /// `rest_max`: not even a process that stood still in the middle of it rests longer.
  constexpr RestedWork(int rest_per_work, Nanos rest_max)
      : rest_per_work_(rest_per_work), rest_max_(rest_max) {}

  bool IsDue(Nanos now) const { return now >= due_at_; }
  void WasDone(Nanos begun, Nanos ended) {
    due_at_ = ended + std::min(rest_per_work_ * (ended - begun), rest_max_);
  }

 private:
  const int rest_per_work_;
  const Nanos rest_max_;
  Nanos due_at_{0};
};

}  // namespace clew::storage
