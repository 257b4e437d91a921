#pragma once

#include <cstddef>
#include <optional>

#include "query/plan.h"
#include "traceql/query.h"

namespace clew::query {

struct TraceQlSearch {
  /// Of traces.
  std::size_t limit = 20;
  /// Of the spans of a set that come with a trace.
  std::size_t spans_per_set = 3;
  /// Both inclusive: a trace is looked at when a span that may match starts in between. All of its
  /// spans count.
  std::optional<UnixNanos> start_min{};
  std::optional<UnixNanos> start_max{};
};

/// The newest traces of which the query keeps spans. INVALID_ARGUMENT when it cannot be evaluated
/// (traceql::Check), or is one of metrics.
Result<Plan> TraceQlPlan(const traceql::Query& query, const TraceQlSearch& search);

}  // namespace clew::query
