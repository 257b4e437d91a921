#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/vocabulary.h"
#include "query/plan.h"
#include "scan/row_set.h"
#include "scan/span_source.h"
#include "traceql/metrics/operand.h"

/// Which spans of one source a query of metrics counts, and how often.
namespace clew::query {

/// An operand with a ScanPlan, and which spans it counts.
struct ScannedOperand {
  const traceql::metrics::Operand& operand;
  /// Its number in the program.
  std::size_t number = 0;
  /// Holds for the spans that it counts, but where an attribute that it asks for is odd.
  const ScanSpans& spans;
  /// Where one is (expr::AskedOdd): what TraceQL makes of it no scan knows, so that these spans are
  /// evaluated one by one.
  const ScanSpans& odd;
};

/// Makes them ascend, each once, without that of no trace.
void MakeSet(std::vector<TraceId>* ids);

/// Removes the rows of these traces, which ascend, and of spans whose trace is lost.
Status RemoveTraces(const scan::SpanSource& source, std::span<const TraceId> traces,
                    scan::RowSet* rows);

/// The traces of the spans that match, ascending, each once; not of spans whose trace is lost.
Result<std::vector<TraceId>> TracesOfMatching(const scan::SpanSource& source,
                                              const ScanSpans& spans);

/// How many spans each span stands for, for an operand with a sample rate.
Result<std::vector<double>> ReadWeights(const scan::SpanSource& source,
                                        const traceql::metrics::Operand& operand);

}  // namespace clew::query
