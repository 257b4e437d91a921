#include "traceql/metrics/hints.h"

#include <algorithm>
#include <limits>

namespace clew::traceql::metrics {

Hints ReadHints(std::span<const Hint> hints) {
  Hints read;
  for (const Hint& hint : hints) {
    if (hint.name == "extrapolate" && hint.value.type == Type::kBool) {
      read.extrapolates = hint.value.is_bool(true);
    } else if (hint.name == "exemplars" && hint.value.type == Type::kInt) {
      constexpr std::int64_t kMax = std::numeric_limits<std::uint32_t>::max();
      read.exemplars =
          static_cast<std::uint32_t>(std::clamp<std::int64_t>(hint.value.number, 0, kMax));
    } else if (hint.name == "exemplars" && hint.value.is_bool(false)) {
      read.exemplars = 0;
    }
  }
  return read;
}

std::uint32_t ExemplarBudget(const Hints& hints, std::uint32_t asked, std::uint32_t exemplars_max) {
  const std::uint32_t of_request = asked == 0 ? exemplars_max : asked;
  return std::min(hints.exemplars.value_or(of_request), exemplars_max);
}

}  // namespace clew::traceql::metrics
