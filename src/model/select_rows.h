#pragma once

#include <cstdint>
#include <vector>

#include "model/span_columns.h"
#include "model/stop_check.h"

namespace clew::model {

/// A batch of only these spans (each once), in this order, with their events, links and attributes,
/// and the resources and scopes that they use. Shares memory. Of few rows that are neighbours the
/// cost hardly grows with the batch: a large one can be taken piece by piece.
SpanColumns SelectSpans(const SpanColumns& columns, const std::vector<std::uint32_t>& span_rows);
/// The same; fails with what `check` says only.
Result<SpanColumns> SelectSpans(const SpanColumns& columns,
                                const std::vector<std::uint32_t>& span_rows,
                                const StopCheck& check);

/// The same spans with only these events, or links, in this order, in which their spans do not
/// descend.
SpanColumns SelectEvents(const SpanColumns& columns, const std::vector<std::uint32_t>& event_rows);
SpanColumns SelectLinks(const SpanColumns& columns, const std::vector<std::uint32_t>& link_rows);

}  // namespace clew::model
