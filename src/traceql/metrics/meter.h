#pragma once

#include <cstdint>

#include "base/vocabulary.h"

namespace clew::traceql::metrics {

/// Counts the memory that the series of a query take, and says when it is too much. One thread.
class Meter {
 public:
  explicit Meter(std::uint64_t bytes_max) : bytes_max_(bytes_max) {}

  /// False, and nothing is counted, beyond the limit.
  [[nodiscard]] bool TryTake(std::uint64_t bytes) {
    if (bytes > bytes_max_ - bytes_) return false;
    bytes_ += bytes;
    return true;
  }
  void GiveBack(std::uint64_t bytes) { bytes_ -= bytes; }
  std::uint64_t bytes() const { return bytes_; }
  std::uint64_t bytes_max() const { return bytes_max_; }

  /// What to say then.
  std::unexpected<Error> Exhausted() const {
    return MakeError(Code::kResourceExhausted,
                     "the series of the query take more than {} bytes: group by attributes with "
                     "fewer values, ask for less time, or take a longer step",
                     bytes_max_);
  }

 private:
  const std::uint64_t bytes_max_;
  std::uint64_t bytes_ = 0;
};

}  // namespace clew::traceql::metrics
