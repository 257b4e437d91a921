#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "query/plan.h"
#include "traceql/metrics/time_range.h"
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

struct TraceQlMetrics {
  traceql::metrics::TimeRange range{};
  /// What the request says of exemplars, and what there are at most (ExemplarBudget).
  std::uint32_t exemplars_asked = 0;
  std::uint32_t exemplars_max = 0;
  /// 0: any number.
  std::size_t series_max = 0;
};

/// What the query makes of all spans that start in a time. INVALID_ARGUMENT when it cannot be
/// evaluated (traceql::Check), or is one of a search.
Result<Plan> TraceQlMetricsPlan(const traceql::Query& query, const TraceQlMetrics& wanted);

}  // namespace clew::query
