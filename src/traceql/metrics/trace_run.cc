#include "traceql/metrics/trace_run.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "traceql/metrics/attribute_walk.h"
#include "traceql/metrics/cells.h"
#include "traceql/metrics/span_weight.h"

namespace clew::traceql::metrics {

bool HasSpanIn(const TimeRange& range, const model::SpanColumns& spans) {
  return std::ranges::any_of(spans.starts, [&range](UnixNanos start) {
    return range.BucketOf(start) != TimeRange::kNoBucket;
  });
}

TraceRun::TraceRun(const Operand& operand, const TimeRange& range, const model::SpanColumns& spans,
                   const model::StopCheck& stop)
    : operand_(operand),
      range_(range),
      spans_(spans),
      stop_(stop),
      evaluation_(operand.program(), spans, stop) {}

Result<std::vector<TraceRun::Found>> TraceRun::FindSpans() {
  ASSIGN_OR_RETURN(const std::vector<evaluate::Spanset> spansets, evaluation_.Run());
  std::vector<Found> found;
  BucketFinder bucket(range_);
  for (const evaluate::Spanset& spanset : spansets) {
    for (const std::uint32_t row : spanset.rows) {
      const std::uint32_t number = bucket.Of(spans_.starts[row]);
      if (number != TimeRange::kNoBucket) found.push_back({.row = row, .bucket = number});
    }
  }
  return found;
}

double TraceRun::WeightOf(std::uint32_t row) {
  if (!operand_.sample_rate()) return 1;
  return metrics::WeightOf(spans_.trace_states[row],
                           evaluation_.fields().Read(*operand_.sample_rate(), row));
}

Result<Group> TraceRun::GroupOf(std::uint32_t row, Accumulator* accumulator) {
  by_.clear();
  for (const evaluate::Slot slot : operand_.by()) {
    by_.push_back(evaluation_.fields().Read(slot, row));
  }
  return accumulator->GroupOf(by_);
}

double TraceRun::ValueOf(std::uint32_t row) {
  const evaluate::Value value = evaluation_.fields().Read(*operand_.value(), row);
  return value.is_number() ? value.AsReal() : kNoValue;
}

Status TraceRun::AddTo(Accumulator* accumulator, Exemplars* exemplars) {
  ASSIGN_OR_RETURN(const std::vector<Found> found, FindSpans());
  std::vector<std::uint32_t> buckets;
  std::vector<Group> groups;
  std::vector<double> values;
  std::vector<double> weights;
  model::StopSteps steps(stop_);
  for (const Found& span : found) {
    if (steps.Pass()) TRY(steps.Ask());
    const double value = operand_.value() ? ValueOf(span.row) : kNoValue;
    if (operand_.value() && !std::isfinite(value)) continue;
    ASSIGN_OR_RETURN(const Group group, GroupOf(span.row, accumulator));
    buckets.push_back(span.bucket);
    groups.push_back(group);
    if (operand_.value()) values.push_back(value);
    if (operand_.sample_rate()) weights.push_back(WeightOf(span.row));
    TRY(AddExemplar(span, group, value, exemplars));
  }
  return accumulator->Add(
      {.buckets = buckets, .groups = groups, .values = values, .weights = weights});
}

Status TraceRun::AddExemplar(const Found& found, Group group, double value, Exemplars* exemplars) {
  const TraceId& trace_id = spans_.trace_ids[found.row];
  if (!exemplars->Wants(found.bucket, trace_id)) return {};
  return exemplars->Add(found.bucket, {.trace_id = trace_id,
                                       .time = spans_.starts[found.row],
                                       .value = value,
                                       .group = group,
                                       .labels = ExemplarLabels(found.row)});
}

/// All that the query asks of the span, and where to find it. Of an operand that columns tell of it
/// is what they do: some of its traces may be here in parts.
Labels TraceRun::ExemplarLabels(std::uint32_t row) {
  Labels labels;
  const std::string id_name = Print(Attribute{.intrinsic = Intrinsic::kTraceId});
  const auto sources = operand_.program().fields().sources();
  for (evaluate::Slot slot = 0; slot < sources.size(); ++slot) {
    if (operand_.sample_rate() == slot) continue;
    const auto [value, sent_name] = evaluation_.fields().ReadNamed(slot, row);
    Attribute shown = sources[slot].attribute;
    if (operand_.scan() && !IsOfSpanAlone(shown)) continue;
    if (!sent_name.empty()) shown.name = sent_name;
    std::string name = Print(shown);
    if (!value.is_nil() && name != id_name) {
      labels.push_back({std::move(name), LabelValueOf(value)});
    }
  }
  labels.push_back({id_name, {spans_.trace_ids[row].ToHex()}});
  return labels;
}

Status TraceRun::AddTo(AttributeCounts* counts) {
  const Comparison& comparison = *operand_.comparison();
  ASSIGN_OR_RETURN(const std::vector<Found> found, FindSpans());
  if (found.empty()) return {};
  AttributeWalk walk(comparison.fields, &evaluation_, counts);
  model::StopSteps steps(stop_);
  for (const Found& span : found) {
    if (steps.Pass()) TRY(steps.Ask());
    ASSIGN_OR_RETURN(const bool holds, evaluation_.fields().Holds(comparison.selection, span.row));
    const bool is_selected = holds && comparison.IsInWindow(spans_.starts[span.row]);
    TRY(walk.CountSpan(
        span.row,
        {.bucket = span.bucket, .is_selected = is_selected, .weight = WeightOf(span.row)}));
  }
  return {};
}

}  // namespace clew::traceql::metrics
