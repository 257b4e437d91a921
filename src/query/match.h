#pragma once

#include "query/query_service.h"
#include "scan/row_set.h"
#include "scan/span_source.h"

namespace clew::query {

/// True when the facts of the source rule out every span.
bool CanSkip(const scan::SourceStats& stats, const SearchRequest& request);

/// The spans for which the condition holds, and that start in the range.
Result<scan::RowSet> MatchSpans(const scan::SpanSource& source, const SearchRequest& request);

}  // namespace clew::query
