#pragma once

#include "analysis/shown_trace.h"
#include "base/vocabulary.h"

namespace clew::analysis {

struct AdjustOptions {
  /// How far a host's clock may be corrected; zero: no correction, only warnings.
  Nanos clock_skew_max{0};
};

/// Makes a trace fit to be shown: the adjusters of jaeger.md section 16, in its order. What they
/// find is said in its warnings. 1. and 3. are wire::otlp::SplitSharedSpanIds and DistinctSpans; of
/// 2. only events are left to do, as columns give attributes by key. What an adjuster leaves alone
/// stays shared. O(n log n) in spans and attributes; no recursion over spans.
/// All are pure functions of the trace; any thread.
void AdjustTrace(ShownTrace& trace, const AdjustOptions& options);

/// 2. Events by name; equal ones keep their order.
void SortEvents(ShownTrace& trace);
/// Says of spans that share an id with others, which 1. and 3. left, that they do.
void WarnOfSharedIds(ShownTrace& trace);
/// 4. Moves spans of another host under their parents when their clocks disagree.
void AdjustClockSkew(ShownTrace& trace, Nanos delta_max);
/// 5. Numbers under `ip` and `peer.ipv4` become dotted text.
void WriteIpAttributesAsText(ShownTrace& trace);
/// 6. `telemetry.sdk.*` and `telemetry.distro.*` of spans move to their resource, when all of its
/// spans have the same: those of others say nothing of a span that has none.
void MoveTelemetryAttributes(ShownTrace& trace);
/// 7. Links without a trace id go.
void RemoveEmptyLinks(ShownTrace& trace);

}  // namespace clew::analysis
