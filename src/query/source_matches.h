#pragma once

#include <optional>
#include <vector>

#include "base/vocabulary.h"
#include "query/bound_scan.h"
#include "query/plan.h"
#include "scan/span_source.h"

namespace clew::query {

/// Spans of a source that match, in its order.
struct Matches {
  std::vector<TraceId> ids;
  std::vector<UnixNanos> starts;
  /// Their traces that a bound does not let match by what is here.
  FailedTraces failed{};
};
/// Of the source at `place`. Null: no bound judges.
Result<Matches> Match(const Scan& scan, std::size_t place, const ScanSpans& wanted,
                      const BoundScan* bound);

/// Of spans of a trace that are neighbours the earliest stays, and of traces that `bound` rules
/// out, or whose id is lost, so that there is nothing to show, none. Gives how many were ruled out.
Result<std::size_t> LeaveOut(BoundScan* bound, std::size_t place, Matches* matches);

/// The latest start that a span of `source` in [min, max] can have; nothing when there is none.
/// Looks at the starts of all its spans when that pays.
Result<std::optional<UnixNanos>> NewestIn(const scan::SpanSource& source, UnixNanos min,
                                          UnixNanos max);

}  // namespace clew::query
