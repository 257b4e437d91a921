#pragma once

#include <cstddef>
#include <functional>

#include "base/vocabulary.h"

namespace clew::model {

/// Asked by what may take long whether whoever waits for it still does; its error ends it. May be
/// empty.
using StopCheck = std::function<Status()>;

/// Of so many rows it is asked once.
inline constexpr std::size_t kRowsPerStopCheck = 1024;

inline Status Ask(const StopCheck& check) { return check ? check() : Status(); }

/// For loops over rows: asks when it is time.
class StopSteps {
 public:
  /// `check` outlives it.
  explicit StopSteps(const StopCheck& check) : check_(check) {}
  /// After so many rows. True: Ask() is due.
  [[nodiscard]] bool Pass(std::size_t count = 1) {
    passed_ += count;
    return passed_ >= kRowsPerStopCheck;
  }
  Status Ask() {
    passed_ = 0;
    return model::Ask(check_);
  }

 private:
  const StopCheck& check_;
  std::size_t passed_ = 0;
};

}  // namespace clew::model
