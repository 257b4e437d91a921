#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "base/vocabulary.h"
#include "query/plan.h"
#include "scan/span_source.h"
#include "traceql/metrics/collector.h"
#include "traceql/metrics/operand.h"

namespace clew::query {

/// An operand with a ScanPlan, and which spans it counts.
struct ScannedOperand {
  const traceql::metrics::Operand& operand;
  /// Its number in the program.
  std::size_t number = 0;
  /// Holds for the spans that it counts, but where an attribute that it asks for is an array.
  const ScanSpans& spans;
  /// Where one is (expr::AskedArrays): what it holds no scan knows, so that these spans are
  /// evaluated one by one.
  const ScanSpans& arrays;
};

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
