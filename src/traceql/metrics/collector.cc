#include "traceql/metrics/collector.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "traceql/metrics/arithmetic.h"
#include "traceql/metrics/second_stage.h"
#include "traceql/metrics/trace_run.h"

namespace clew::traceql::metrics {

Collector::Collector(const MetricsProgram& program, const TimeRange& range,
                     const CollectorLimits& limits)
    : program_(program), range_(range), meter_(std::make_unique<Meter>(limits.bytes_max)) {
  const auto operand_count = static_cast<std::uint32_t>(program.operands().size());
  for (const Operand& operand : program.operands()) {
    State& state = states_.emplace_back();
    const std::uint32_t bucket_count = range.bucket_count();
    if (operand.comparison()) {
      state.counts.emplace(bucket_count, limits.compared_values_max, meter_.get());
    } else {
      state.accumulator.emplace(operand.function(), bucket_count, meter_.get());
      state.exemplars.emplace(bucket_count, limits.exemplars / operand_count, meter_.get());
    }
  }
}

Status Collector::AddTrace(const model::SpanColumns& spans, const model::StopCheck& stop,
                           const std::vector<bool>& is_asked) {
  if (!HasSpanIn(range_, spans)) return {};
  for (std::size_t i = 0; i < states_.size(); ++i) {
    if (!is_asked.empty() && !is_asked[i]) continue;
    TraceRun run(program_.operands()[i], range_, spans, stop);
    State& state = states_[i];
    if (state.counts) {
      TRY(run.AddTo(&*state.counts));
    } else {
      TRY(run.AddTo(&*state.accumulator, &*state.exemplars));
    }
  }
  return {};
}

Status Collector::Merge(const Collector& other) {
  for (std::size_t i = 0; i < states_.size(); ++i) {
    State& state = states_[i];
    const State& from = other.states_[i];
    if (state.counts) {
      TRY(state.counts->Merge(*from.counts));
      continue;
    }
    ASSIGN_OR_RETURN(const std::vector<Group> groups, state.accumulator->Merge(*from.accumulator));
    TRY(state.exemplars->Merge(*from.exemplars, groups));
  }
  return {};
}

Result<Table> Collector::TableOf(std::size_t operand, Meter* meter) const {
  const State& state = states_[operand];
  const Operand& plan = program_.operands()[operand];
  if (state.counts) return state.counts->ToTable(plan.comparison()->value_count, meter);
  const std::vector<ChosenExemplar> exemplars = state.exemplars->Choose();
  return state.accumulator->ToTable(range_.step_seconds(), exemplars, meter);
}

Result<Table> Collector::CombinedTable(const SeriesPlan& plan, Meter* meter) const {
  const SeriesPlan& left = plan.operands[0];
  const SeriesPlan& right = plan.operands[1];
  if (right.op == Op::kStatic) {
    ASSIGN_OR_RETURN(Table series, TableOf(left, meter));
    return Combine(plan.op, std::move(series), right.number, true, plan.name);
  }
  ASSIGN_OR_RETURN(Table right_series, TableOf(right, meter));
  if (left.op == Op::kStatic) {
    return Combine(plan.op, std::move(right_series), left.number, false, plan.name);
  }
  ASSIGN_OR_RETURN(const Table left_series, TableOf(left, meter));
  return Combine(plan.op, left_series, right_series, plan.name);
}

Result<Table> Collector::TableOf(const SeriesPlan& plan, Meter* meter) const {
  ASSIGN_OR_RETURN(Table table, plan.op == Op::kMetrics ? TableOf(plan.operand, meter)
                                                        : CombinedTable(plan, meter));
  for (const SecondStage& stage : plan.seconds) Apply(stage, &table);
  return table;
}

Series Collector::SeriesOf(Row row) const {
  Series series{.labels = std::move(row.labels)};
  for (std::uint32_t bucket = 0; bucket < row.values.size(); ++bucket) {
    const double value = row.values[bucket];
    if (!std::isnan(value)) series.samples.push_back({range_.TimestampMs(bucket), value});
  }
  for (PlacedExemplar& exemplar : row.exemplars) {
    const double value = row.values[exemplar.bucket];
    if (std::isnan(value)) continue;
    series.exemplars.push_back({.labels = std::move(exemplar.labels),
                                .value = std::isnan(exemplar.value) ? value : exemplar.value,
                                .timestamp_ms = exemplar.time / 1'000'000});
  }
  return series;
}

Result<Answer> Collector::Finish(std::size_t series_max) const {
  // What the answer takes counts for itself.
  Meter meter(meter_->bytes_max());
  ASSIGN_OR_RETURN(Table table, TableOf(program_.plan(), &meter));
  std::ranges::sort(table, LabelsLess(), &Row::labels);
  Answer answer;
  if (series_max != 0 && table.size() > series_max) {
    table.resize(series_max);
    answer.is_partial = true;
    answer.message = fmt::format(
        "Response exceeds maximum series limit of {}, a partial response is returned. Warning: the "
        "accuracy of each individual value is not guaranteed.",
        series_max);
  }
  for (Row& row : table) answer.series.push_back(SeriesOf(std::move(row)));
  for (const State& state : states_) {
    answer.is_estimate |=
        state.counts ? state.counts->is_weighted() : state.accumulator->is_weighted();
  }
  return answer;
}

}  // namespace clew::traceql::metrics
