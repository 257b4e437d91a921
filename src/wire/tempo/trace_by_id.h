#pragma once

#include <string>
#include <string_view>

namespace clew::wire::tempo {

/// Tempo's TraceByIDResponse around a complete trace (tempo-api.md section 3.2): trace = 1,
/// metrics = 2 (there, empty); the status is left out, which means COMPLETE. `trace` is an encoded
/// TracesData, empty when the trace was not found.
std::string EncodeTraceByIdResponse(std::string_view trace);

}  // namespace clew::wire::tempo
