#pragma once

#include "base/vocabulary.h"
#include "expr/expression.h"
#include "model/value.h"
#include "scan/span_source.h"
#include "scan/truth.h"

namespace clew::scan {

/// For which rows of `table` expr::HasOdd holds: of those of its owners that have several values of
/// the attribute, or one that is no string, number or bool. Reads which rows have values, and none
/// of them.
Result<Truth> FindOdd(const expr::Reference& reference, const SpanSource& source,
                      model::Owner table);

}  // namespace clew::scan
