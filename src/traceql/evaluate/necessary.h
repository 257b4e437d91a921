#pragma once

#include <vector>

#include "base/vocabulary.h"
#include "expr/expression.h"
#include "traceql/naming.h"
#include "traceql/query.h"

namespace clew::traceql::evaluate {

/// Conditions each of which holds for some span, not always the same one, of every trace that the
/// pipeline matches: what to scan for, to find the traces over which to run it. None when nothing
/// can be said. The first one is of spans that the pipeline gives, when anything is known of these.
///
/// As far as Lower knows what a filter means; attributes are found by the names that `naming` says,
/// as where it is run. INVALID_ARGUMENT for a regular expression that does not compile.
Result<std::vector<expr::Expression>> Necessary(const Pipeline& pipeline, Naming naming);

/// What holds for every span that the pipeline gives: true when nothing can be said.
Result<expr::Expression> NecessaryOfFound(const Pipeline& pipeline, Naming naming);

}  // namespace clew::traceql::evaluate
