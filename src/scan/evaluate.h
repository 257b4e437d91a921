#pragma once

#include "expr/expression.h"
#include "scan/span_source.h"
#include "scan/truth.h"

namespace clew::scan {

/// For which spans of `source` the expression holds, and of which that is unknown, as a value that
/// would decide it is lost to damage. Conditions on text run over dictionaries first, then on
/// codes; what no span can meet ends an `and` early. Errors are those of source.Check(), and of
/// columns when the source is not read past damage.
Result<Truth> Evaluate(const expr::Expression& expression, const SpanSource& source);

}  // namespace clew::scan
