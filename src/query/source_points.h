#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "base/vocabulary.h"
#include "query/counted_spans.h"
#include "scan/span_source.h"
#include "traceql/metrics/collector.h"

namespace clew::query {

/// Adds the spans of one source to the operand's series, from columns, but for those of the traces
/// `left_out`, which ascend. Gives how many there were but for those with arrays. When the source
/// cannot be read to its end, what was added before stays; RESOURCE_EXHAUSTED when the series take
/// too much memory.
Result<std::uint64_t> AddSource(const scan::SpanSource& source, const ScannedOperand& scanned,
                                std::span<const TraceId> left_out,
                                traceql::metrics::Collector* collector);

/// What that takes on its way, at most, but for dictionaries.
std::uint64_t SourceBytes(const scan::SpanSource& source, const ScannedOperand& scanned);

}  // namespace clew::query
