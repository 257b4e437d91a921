#pragma once

#include <vector>

#include "model/span_columns.h"
#include "model/stop_check.h"

namespace clew::model {

/// All spans of `parts` in one, part after part, with their tables renumbered. Shares memory.
SpanColumns ConcatenateSpans(const std::vector<SpanColumnsPtr>& parts);
/// The same; fails with what `check` says only.
Result<SpanColumns> ConcatenateSpans(const std::vector<SpanColumnsPtr>& parts,
                                     const StopCheck& check);

}  // namespace clew::model
