#pragma once

#include "query/filter.h"
#include "query/row_set.h"
#include "storage/span_source.h"

namespace clew::query {

/// The spans of `source` for which the filter holds. Of a span that has lost a value to damage a
/// call that needs it is unknown: neither it nor its kNot holds, unless the rest decides.
Result<RowSet> MatchFilter(const storage::SpanSource& source, const FilterCall& filter);

}  // namespace clew::query
