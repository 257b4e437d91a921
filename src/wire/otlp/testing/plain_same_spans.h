#pragma once

#include "model/trace_data.h"

/// What wire/otlp/same_spans.h says, over objects: slow and plain, to compare with.
namespace clew::wire::otlp::testing {

/// True when a span was dropped for its finished form.
bool DropDuplicateSpans(model::TraceData* trace);
void SortSpans(model::TraceData* trace);

}  // namespace clew::wire::otlp::testing
