#pragma once

#include <string>

#include "api/jaeger/json_writer.h"
#include "model/trace_data.h"

namespace clew::api::jaeger {

/// 16 digits when the high half is zero, else 32 (jaeger.md section 5).
std::string TraceIdText(const TraceId& id);

/// One trace in the form of the classic API (jaeger.md sections 7 and 10); its spans share one
/// trace id. Numbers that JSON lacks (NaN, infinities) are written as text.
void WriteTrace(JsonWriter& json, const model::TraceData& trace);

}  // namespace clew::api::jaeger
