#include "wire/otlp/retry_info.h"

#include <algorithm>
#include <limits>

namespace clew::wire::otlp {

Nanos RetryDelay(std::int64_t seconds, std::int64_t nanos) {
  constexpr std::int64_t kSecondsMax = std::numeric_limits<std::int64_t>::max() / kNanosPerSecond;
  if (seconds < 0 || nanos < 0) return Nanos(0);
  if (seconds >= kSecondsMax) return Nanos::max();
  return Nanos(seconds * kNanosPerSecond + std::min(nanos, kNanosPerSecond - 1));
}

Code CodeOfNumber(std::int64_t number) {
  if (number < 0 || number > static_cast<std::int64_t>(Code::kUnauthenticated)) {
    return Code::kUnknown;
  }
  return static_cast<Code>(number);
}

}  // namespace clew::wire::otlp
