#pragma once

#include "base/vocabulary.h"
#include "model/trace_data.h"

namespace clew::analysis {

struct AdjustOptions {
  /// How far a host's clock may be corrected; zero: no correction, only warnings.
  Nanos clock_skew_max{0};
};

/// Makes a trace fit to be shown: the adjusters of jaeger.md section 16, in its order. What they
/// find is said in Span::warnings. 1. and 3. are model::SplitSharedSpanIds and DropDuplicateSpans.
/// O(n log n) in spans and attributes; no recursion over spans.
/// All are pure functions of the trace; any thread.
void AdjustTrace(model::TraceData& trace, const AdjustOptions& options);

/// 2. Attributes by key, events by name; equal ones keep their order.
void SortAttributes(model::TraceData& trace);
/// Says of spans that share an id with others, which 1. and 3. left, that they do.
void WarnOfSharedIds(model::TraceData& trace);
/// 4. Moves spans of another host under their parents when their clocks disagree.
void AdjustClockSkew(model::TraceData& trace, Nanos delta_max);
/// 5. Numbers under `ip` and `peer.ipv4` become dotted text.
void WriteIpAttributesAsText(model::TraceData& trace);
/// 6. `telemetry.sdk.*` and `telemetry.distro.*` of spans move to their resource, when all of its
/// spans have the same: those of others say nothing of a span that has none.
void MoveTelemetryAttributes(model::TraceData& trace);
/// 7. Links without a trace id go.
void RemoveEmptyLinks(model::TraceData& trace);

}  // namespace clew::analysis
