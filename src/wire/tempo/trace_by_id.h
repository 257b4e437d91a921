#pragma once

#include <string>
#include <string_view>

namespace clew::wire::tempo {

// Tempo's TraceByIDResponse (tempo-api.md section 3.2): trace = 1, metrics = 2 (here, empty),
// status = 3, message = 4. It is written in parts, one after the other: of a message that comes
// twice, readers of protobuf join the repeated fields.

/// Some spans of the trace, an encoded TracesData; empty when the trace was not found.
std::string EncodeTraceByIdPart(std::string_view trace);
/// The rest of the answer. `partial` says what is left out of the trace, empty when it is complete.
std::string EncodeTraceByIdEnd(std::string_view partial);

}  // namespace clew::wire::tempo
