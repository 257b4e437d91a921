#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <vector>

#include "base/vocabulary.h"
#include "model/span_columns.h"
#include "model/stop_check.h"
#include "traceql/metrics/accumulator.h"
#include "traceql/metrics/answer.h"
#include "traceql/metrics/attribute_counts.h"
#include "traceql/metrics/exemplars.h"
#include "traceql/metrics/meter.h"
#include "traceql/metrics/metrics_program.h"
#include "traceql/metrics/time_range.h"

namespace clew::traceql::metrics {

/// What one may collect.
struct CollectorLimits {
  /// Of all series together while they are made, and as much once more for the answer.
  std::uint64_t bytes_max = std::uint64_t{256} << 20;
  /// Of the query (ExemplarBudget); those with arithmetic share it. Instant queries have 0.
  std::uint32_t exemplars = 0;
  /// compare() shows no values of attributes that have more.
  std::size_t compared_values_max = 10'000;
};

/// Makes series of spans: of whole traces, or of what somebody scans who knows each operand's
/// ScanPlan. Several can work apart, each on its spans, and are then merged; how the spans are
/// divided does not show in the answer. One thread.
class Collector {
 public:
  /// The program outlives it.
  Collector(const MetricsProgram& program, const TimeRange& range, const CollectorLimits& limits);

  /// Adds what the query finds in one trace, whole, each of its spans once: spans that come out of
  /// the pipelines and start in the range. Operands for which `is_asked` is not set are left alone;
  /// empty: all are meant.
  ///
  /// INVALID_ARGUMENT when the query has no meaning for the trace (evaluate::Evaluation),
  /// RESOURCE_EXHAUSTED when the series take too much memory, else the error of the stop check. The
  /// query has failed then.
  Status AddTrace(const model::SpanColumns& spans, const model::StopCheck& stop,
                  const std::vector<bool>& is_asked = {});

  /// Of an operand that has a ScanPlan, to add spans to it.
  Accumulator& accumulator(std::size_t operand) { return *states_[operand].accumulator; }
  Exemplars& exemplars(std::size_t operand) { return *states_[operand].exemplars; }
  /// The same of one that compares.
  AttributeCounts& counts(std::size_t operand) { return *states_[operand].counts; }
  std::size_t operand_count() const { return states_.size(); }
  const TimeRange& range() const { return range_; }

  /// Both are of the same program, range and limits. RESOURCE_EXHAUSTED likewise.
  Status Merge(const Collector& other);
  /// About how much the series take.
  std::uint64_t memory_bytes() const { return meter_->bytes(); }

  /// What there is so far, with at most `series_max` series (0: any number): those whose labels
  /// come first. RESOURCE_EXHAUSTED likewise.
  Result<Answer> Finish(std::size_t series_max) const;

 private:
  struct State {
    /// Of compare(), `counts` is there instead.
    std::optional<Accumulator> accumulator;
    std::optional<Exemplars> exemplars;
    std::optional<AttributeCounts> counts;
  };

  Result<Table> TableOf(const SeriesPlan& plan, Meter* meter) const;
  Result<Table> CombinedTable(const SeriesPlan& plan, Meter* meter) const;
  Result<Table> TableOf(std::size_t operand, Meter* meter) const;
  Series SeriesOf(Row row) const;

  const MetricsProgram& program_;
  const TimeRange range_;
  std::unique_ptr<Meter> meter_;
  std::deque<State> states_;
};

}  // namespace clew::traceql::metrics
