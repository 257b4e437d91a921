#pragma once

#include <string>

#include "model/span_columns.h"
#include "model/trace_data.h"

namespace clew::wire::otlp {

/// One encoded ExportTraceServiceRequest (= TracesData). Spans are grouped by resource and scope in
/// order of first appearance.
std::string EncodeRequest(const model::SpanColumns& columns);
std::string EncodeRequest(const model::TraceData& data);

}  // namespace clew::wire::otlp
