#pragma once

#include "model/span_columns.h"
#include "model/trace_data.h"

namespace clew::wire::otlp {

/// Objects to columns: the reverse of MaterializeSpans. Text is views into `data`, which must
/// outlive the result.
model::SpanColumns ScatterSpans(const model::TraceData& data);

}  // namespace clew::wire::otlp
