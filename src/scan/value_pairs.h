#pragma once

#include "scan/kernels.h"
#include "scan/span_source.h"
#include "scan/truth.h"

namespace clew::scan {

/// For which rows of `table` a comparison of two references holds: one of the values of the left
/// compares with one of the right, row by row. Of rows that are no candidates it may say anything.
/// Takes memory for the values of both.
Result<Truth> ComparePairs(const expr::Expression& comparison, const SpanSource& source,
                           model::Owner table, Candidates candidates);

}  // namespace clew::scan
