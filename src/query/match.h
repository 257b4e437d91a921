#pragma once

#include "query/plan.h"
#include "scan/row_set.h"
#include "scan/span_source.h"

namespace clew::query {

/// True when the facts of the source rule out every span.
bool CanSkip(const scan::SourceStats& stats, const ScanSpans& wanted);

/// The spans for which the condition holds, and that start in the range.
Result<scan::RowSet> MatchSpans(const scan::SpanSource& source, const ScanSpans& wanted);

}  // namespace clew::query
