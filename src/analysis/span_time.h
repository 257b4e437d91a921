#pragma once

#include "base/vocabulary.h"

namespace clew::analysis {

/// Arithmetic on times as they came from the wire: any 64 bits, so it wraps instead of overflowing.
inline UnixNanos Difference(UnixNanos a, UnixNanos b) {
  return static_cast<UnixNanos>(static_cast<std::uint64_t>(a) - static_cast<std::uint64_t>(b));
}
inline UnixNanos Sum(UnixNanos a, UnixNanos b) {
  return static_cast<UnixNanos>(static_cast<std::uint64_t>(a) + static_cast<std::uint64_t>(b));
}

}  // namespace clew::analysis
