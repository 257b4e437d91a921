#pragma once

#include <cstdint>
#include <vector>

#include "model/span_columns.h"

namespace clew::model {

/// A batch of only these spans (ascending rows), with their events, links and attributes, and the
/// resources and scopes that they use. Shares memory.
SpanColumns SelectSpans(const SpanColumns& columns, const std::vector<std::uint32_t>& span_rows);

}  // namespace clew::model
