#pragma once

#include <cstdint>

#include "analysis/shown_trace.h"
#include "model/trace_data.h"
#include "wire/otlp/materialize.h"
#include "wire/otlp/scatter_objects.h"

namespace clew::analysis::testing {

/// Tests write and read traces as objects: does `adjust` to the columns of one. Spans stay where
/// they are in memory unless there are more of them.
template <typename Adjust>
void AdjustObjects(model::TraceData& trace, Adjust adjust) {
  ShownTrace shown{wire::otlp::ScatterSpans(trace)};
  adjust(shown);
  model::TraceData after = wire::otlp::MaterializeSpans(shown.spans);
  for (std::uint32_t row = 0; row < after.spans.size(); ++row) {
    const auto warnings = shown.warnings.Of(row);
    after.spans[row].warnings.assign(warnings.begin(), warnings.end());
  }
  trace.resources = after.resources;
  trace.scopes = after.scopes;
  trace.spans = after.spans;
}

}  // namespace clew::analysis::testing
