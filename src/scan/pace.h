#pragma once

#include <cstdint>

#include "scan/span_source.h"

namespace clew::scan {

/// Asks a source every few thousand steps of a loop over its rows whether to go on. One thread.
class Pace {
 public:
  /// `source` outlives it.
  explicit Pace(const SpanSource& source) : source_(source) {}

  Status Step() { return ++step_ % kSteps == 0 ? source_.Check() : Status(); }

 private:
  static constexpr std::uint32_t kSteps = 1024;

  const SpanSource& source_;
  std::uint32_t step_ = 0;
};

}  // namespace clew::scan
