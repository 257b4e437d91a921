#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "query/away_roots.h"
#include "query/counted_spans.h"
#include "scan/span_source.h"
#include "traceql/metrics/collector.h"

namespace clew::query {

/// Of the spans of a source that an operand compares, and counts in no other way.
struct ComparedSource {
  std::uint64_t span_count = 0;
  SourceRoots roots;
};

/// AddSource of an operand that compares. Of the traces in `spread` other sources have spans, too;
/// what their roots say is not counted, but told. Both lists ascend.
Result<ComparedSource> AddCompared(const scan::SpanSource& source, const ScannedOperand& scanned,
                                   std::span<const TraceId> left_out,
                                   std::span<const TraceId> spread,
                                   traceql::metrics::Collector* collector);

/// The traces of the source of which only the whole trace tells how they are compared; ascending.
Result<std::vector<TraceId>> ComparedWhole(const scan::SpanSource& source,
                                           const ScannedOperand& scanned);

/// What AddCompared takes on its way, at most, but for dictionaries.
std::uint64_t ComparedBytes(const scan::SpanSource& source);

}  // namespace clew::query
