#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/vocabulary.h"
#include "model/span_columns.h"
#include "model/stop_check.h"
#include "traceql/evaluate/evaluation.h"
#include "traceql/metrics/accumulator.h"
#include "traceql/metrics/attribute_counts.h"
#include "traceql/metrics/exemplars.h"
#include "traceql/metrics/operand.h"
#include "traceql/metrics/time_range.h"

namespace clew::traceql::metrics {

/// One run of an operand over one whole trace. One thread.
class TraceRun {
 public:
  /// All outlive it.
  TraceRun(const Operand& operand, const TimeRange& range, const model::SpanColumns& spans,
           const model::StopCheck& stop);

  /// Adds the spans that come out of the pipeline and start in the range.
  Status AddTo(Accumulator* accumulator, Exemplars* exemplars);
  /// The same of compare().
  Status AddTo(AttributeCounts* counts);

 private:
  /// A span that counts.
  struct Found {
    std::uint32_t row;
    std::uint32_t bucket;
  };

  Result<std::vector<Found>> FindSpans();
  double WeightOf(std::uint32_t row);
  Result<Group> GroupOf(std::uint32_t row, Accumulator* accumulator);
  /// NaN when it has no number.
  double ValueOf(std::uint32_t row);
  Status AddExemplar(const Found& found, Group group, double value, Exemplars* exemplars);
  Labels ExemplarLabels(std::uint32_t row);

  const Operand& operand_;
  const TimeRange& range_;
  const model::SpanColumns& spans_;
  const model::StopCheck& stop_;
  evaluate::Evaluation evaluation_;
  /// Of the call that goes on.
  std::vector<evaluate::Value> by_;
};

/// Whether a span of it starts in the range.
bool HasSpanIn(const TimeRange& range, const model::SpanColumns& spans);

}  // namespace clew::traceql::metrics
