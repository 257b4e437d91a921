#pragma once

#include "traceql/metrics/table.h"
#include "traceql/query.h"

namespace clew::traceql::metrics {

/// Drops the points that the stage does not keep, and then series without any.
///
/// topk and bottomk look at one bucket at a time: of equal points those stay whose series comes
/// first by its labels as text. A duration to compare with counts as seconds.
void Apply(const SecondStage& stage, Table* table);

}  // namespace clew::traceql::metrics
