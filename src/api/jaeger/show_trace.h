#pragma once

#include <string_view>

#include "analysis/shown_trace.h"
#include "api/jaeger/jaeger_api.h"

/// What Jaeger shows of a trace in another way than it is stored. Edits of columns; pure.
namespace clew::api::jaeger {

/// The attribute in which Jaeger stores warnings, and in which v3 shows them (jaeger.md section 8).
inline constexpr std::string_view kWarningsKey = "@jaeger@warnings";

/// Makes stored warnings the spans' own, before those that they have; a plain text counts as one.
/// Of a piece of a trace: spans may share what is stored, and each gets a copy.
void TakeStoredWarnings(analysis::ShownTrace* piece);
/// The reverse. Likewise.
void MoveWarningsToAttributes(analysis::ShownTrace* piece);

/// Cuts a trace over the limit of spans, and adjusts it unless `is_raw`. Stored warnings stay.
void PrepareTrace(const JaegerOptions& options, bool is_raw, analysis::ShownTrace* trace);

/// Writes services and operations under the names by which they are listed and found.
void WriteNames(analysis::ShownTrace* trace);

}  // namespace clew::api::jaeger
