#pragma once

#include "base/vocabulary.h"
#include "expr/expression.h"
#include "traceql/attribute.h"
#include "traceql/op.h"
#include "traceql/static.h"

namespace clew::traceql {

/// `attribute op value`, where values are those of `reference`, an attribute in one scope. `op` is
/// one that IsComparison; `value` is not nil, which is not of one scope alone.
Result<expr::Expression> CompareAttribute(Op op, const expr::Reference& reference,
                                          const Static& value);
/// The same of what the data model defines.
Result<expr::Expression> CompareField(Op op, expr::Field field, const Static& value);

}  // namespace clew::traceql
