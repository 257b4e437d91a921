#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "analysis/trace_summary.h"
#include "base/vocabulary.h"
#include "model/trace_data.h"
#include "query/query_service.h"

/// Reads what Jaeger's HTTP API, version 3, answers (jaeger.md section 12). Pure functions;
/// INVALID_ARGUMENT when the text is not such an answer.
namespace clew::api::client {

/// Makes what arrived of {"result": {"resourceSpans": [… a whole answer again, without the element
/// that was cut. False when not one element is whole.
bool MendCutTrace(std::string* json);
/// The OTLP/JSON object in {"result": …}, as text.
Result<std::string> ResultObject(std::string_view json);
/// The spans of {"result": {"resourceSpans": […]}}.
Result<model::TraceData> ParseTrace(std::string_view json);
Result<std::vector<analysis::TraceSummary>> ParseSummaries(std::string_view json);
Result<std::vector<std::string>> ParseServices(std::string_view json);
Result<std::vector<query::Operation>> ParseOperations(std::string_view json);
/// The message of {"error": {"message": …}}; empty when there is none.
std::string ParseErrorMessage(std::string_view json);
/// What a Warning header says: its text without code, agent and quotes; the header itself when it
/// has another form.
std::string WarningText(std::string_view header);
/// The first line of an answer in plain text, e.g. that a header is missing; empty for a page.
std::string FirstLine(std::string_view body);

}  // namespace clew::api::client
