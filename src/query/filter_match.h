#pragma once

#include "query/filter.h"
#include "query/row_set.h"
#include "storage/span_source.h"

namespace clew::query {

/// The spans of `source` for which the filter holds.
Result<RowSet> MatchFilter(const storage::SpanSource& source, const FilterCall& filter);

}  // namespace clew::query
