#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "traceql/query.h"

namespace clew::traceql::metrics {

/// What `with(…)` asks of a metrics query. Hints that nobody knows, and values of another type, are
/// passed over; so are those that ask for samples of the spans: all are looked at.
struct Hints {
  bool operator==(const Hints&) const = default;

  /// `exemplars=10`, `exemplars=false`: so many at most.
  std::optional<std::uint32_t> exemplars{};
  /// `extrapolate=true`: a span that was sampled stands for those that were not.
  bool extrapolates = false;
};

Hints ReadHints(std::span<const Hint> hints);

/// How many exemplars a query has at most, when its request asks for `asked` (0: it does not say)
/// and nobody gets more than `exemplars_max`.
std::uint32_t ExemplarBudget(const Hints& hints, std::uint32_t asked, std::uint32_t exemplars_max);

}  // namespace clew::traceql::metrics
