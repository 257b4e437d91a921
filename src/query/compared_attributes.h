#pragma once

#include <cstdint>
#include <vector>

#include "base/vocabulary.h"
#include "scan/span_source.h"
#include "traceql/metrics/attribute_counts.h"
#include "traceql/metrics/operand.h"

namespace clew::query {

/// Spans of one source that compare() counts.
struct ComparedSpans {
  /// Ascending.
  std::vector<std::uint32_t> rows;
  /// By place in `rows`.
  std::vector<traceql::metrics::AttributeCounts::Subject> subjects;
};

/// In place of the row of a root: there is none.
inline constexpr std::uint32_t kNoRoot = 0xffffffff;

/// Counts everything that these spans say, as traceql::metrics::AttributeWalk does for those of a
/// whole trace, from columns: attribute by attribute. By place of a span, `roots` has the row of
/// the root of its trace, or kNoRoot. RESOURCE_EXHAUSTED when the counts take too much memory.
Status CountCompared(const scan::SpanSource& source, const traceql::metrics::Comparison& comparison,
                     const std::vector<std::uint32_t>& roots, const ComparedSpans& spans,
                     traceql::metrics::AttributeCounts* counts);

/// Only what roots say, for spans that need not be of this source.
Status CountRoots(const scan::SpanSource& source, const traceql::metrics::Comparison& comparison,
                  const std::vector<std::uint32_t>& roots,
                  const std::vector<traceql::metrics::AttributeCounts::Subject>& subjects,
                  traceql::metrics::AttributeCounts* counts);

}  // namespace clew::query
