#pragma once

#include "query/query_service.h"
#include "query/row_set.h"
#include "storage/span_source.h"

namespace clew::query {

/// True when the facts of the source rule out every span.
bool CanSkip(const storage::SourceStats& stats, const SearchRequest& request);

/// The spans for which every condition holds. Conditions on text run over the dictionary first,
/// then on codes; what no span can meet ends the search early.
Result<RowSet> MatchSpans(const storage::SpanSource& source, const SearchRequest& request);

}  // namespace clew::query
