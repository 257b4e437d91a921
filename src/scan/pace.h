#pragma once

#include <cstddef>

#include "scan/span_source.h"

namespace clew::scan {

/// Asks a source now and then, in a loop over its rows, whether to go on: every thousand steps, or
/// 64 KiB of text, for which a regular expression takes some tens of milliseconds. One thread.
class Pace {
 public:
  /// `source` outlives it.
  explicit Pace(const SpanSource& source) : source_(source) {}

  /// A step that looks at so many bytes of text.
  Status Step(std::size_t text_bytes = 0) {
    work_ += 1 + text_bytes / kTextBytesOfStep;
    if (work_ < kWorkMax) return {};
    work_ = 0;
    return source_.Check();
  }

 private:
  static constexpr std::size_t kWorkMax = 1024;
  static constexpr std::size_t kTextBytesOfStep = 64;

  const SpanSource& source_;
  std::size_t work_ = 0;
};

}  // namespace clew::scan
