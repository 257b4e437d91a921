#pragma once

#include <vector>

#include "model/span_columns.h"

namespace clew::model {

/// All spans of `parts` in one, part after part, with their tables renumbered. Shares memory.
SpanColumns ConcatenateSpans(const std::vector<SpanColumnsPtr>& parts);

}  // namespace clew::model
