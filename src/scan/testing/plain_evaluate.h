#pragma once

#include "expr/expression.h"
#include "model/trace_data.h"

namespace clew::scan::testing {

/// Whether the expression holds for a span of `trace`. What scan::Evaluate says of columns, said of
/// rows: slow, and as near to the words of expr/expression.h as it can be.
bool Holds(const expr::Expression& expression, const model::TraceData& trace,
           const model::Span& span);

}  // namespace clew::scan::testing
