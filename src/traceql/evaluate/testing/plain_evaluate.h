#pragma once

#include "base/vocabulary.h"
#include "model/trace_data.h"
#include "traceql/evaluate/testing/run_query.h"
#include "traceql/naming.h"
#include "traceql/query.h"

namespace clew::traceql::evaluate::testing {

/// What Evaluation gives, from rows and by the words of the sheet. Rows are indexes of spans.
/// Whatever fails fails; what an `&&` need not have asked may be asked.
Result<Found> PlainRun(const Pipeline& pipeline, const model::TraceData& trace, Naming naming);

}  // namespace clew::traceql::evaluate::testing
