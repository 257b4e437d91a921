#pragma once

#include <cstdint>
#include <span>

#include "traceql/metrics/exemplars.h"

namespace clew::traceql::metrics {

/// Spans to be added, as columns of one length. Columns that say the same of all spans are empty.
struct Points {
  /// TimeRange::kNoBucket: the span is left out.
  std::span<const std::uint32_t> buckets;
  /// Empty: all of group 0, the only one there is without by().
  std::span<const Group> groups{};
  /// Nanoseconds of what is a duration, else the number; what is not finite is left out, so that
  /// NaN says that a span has no number. Empty: of functions that count spans.
  std::span<const double> values{};
  /// How many spans one stands for. Empty: each for itself.
  std::span<const double> weights{};
};

}  // namespace clew::traceql::metrics
