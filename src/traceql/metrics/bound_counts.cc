#include "traceql/metrics/bound_counts.h"

namespace clew::traceql::metrics {

/// That of a bound is its exponent as a double has it; that of 0 is 0.
std::uint32_t BoundCounts::NumberOf(double value) {
  if (!(value > 0)) return 0;
  const auto bits = std::bit_cast<std::uint64_t>(value);
  const bool is_power = bits << (64 - kFractionBits) == 0;
  return static_cast<std::uint32_t>(bits >> kFractionBits) + (is_power ? 0 : 1);
}

void BoundCounts::Add(std::span<const double> values, std::span<const double> weights) {
  for (std::size_t i = 0; i < values.size(); ++i) {
    const std::uint32_t number = NumberOf(values[i]);
    if (counts_[number] == 0) numbers_.push_back(number);
    counts_[number] += weights.empty() ? 1 : weights[i];
  }
}

}  // namespace clew::traceql::metrics
