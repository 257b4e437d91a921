#pragma once

#include <optional>
#include <vector>

#include "base/vocabulary.h"
#include "traceql/cursor.h"
#include "traceql/query.h"

namespace clew::traceql {

/// `rate() by (name)` and its like; all but compare().
Result<MetricsFunction> ParseMetricsFunction(Cursor* cursor);

/// Appends what follows series: `> 5`, `| topk(3)`, one after the other.
Status ParseSecondStages(Cursor* cursor, std::vector<SecondStage>* seconds);

/// `=`, `!=`, `<` …, when that is what is here.
std::optional<Op> PlainComparisonAt(const Cursor& cursor);

}  // namespace clew::traceql
