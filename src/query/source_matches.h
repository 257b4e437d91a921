#pragma once

#include <optional>
#include <vector>

#include "base/vocabulary.h"
#include "query/plan.h"
#include "scan/span_source.h"

namespace clew::query {

/// Spans of a source that match, in its order.
struct Matches {
  std::vector<TraceId> ids;
  std::vector<UnixNanos> starts;
};
Result<Matches> Match(const scan::SpanSource& source, const ScanSpans& wanted);

/// The latest start that a span of `source` in [min, max] can have; nothing when there is none.
/// Looks at the starts of all its spans when that pays.
Result<std::optional<UnixNanos>> NewestIn(const scan::SpanSource& source, UnixNanos min,
                                          UnixNanos max);

}  // namespace clew::query
