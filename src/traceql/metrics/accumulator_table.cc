#include <algorithm>
#include <cmath>

#include "traceql/metrics/accumulator.h"
#include "traceql/metrics/bound_counts.h"
#include "traceql/metrics/value_key.h"

/// What series there are: the part of Accumulator that knows labels.
namespace clew::traceql::metrics {
namespace {

using evaluate::Value;
using Kind = Function::Kind;

constexpr double kNanosOfSecond = 1e9;

template <typename Cell>
bool HasAny(const CellTable<Cell>& cells, std::size_t row) {
  bool has_any = false;
  cells.ForEach(row, [&](std::uint32_t, const Cell& cell) { has_any |= !cell.empty(); });
  return has_any;
}

/// A series of what `read` gives of each cell, and `otherwise` where there are no spans.
template <typename Cell, typename Read>
Row MakeRow(Labels labels, const CellTable<Cell>& cells, std::size_t row, double otherwise,
            Read read) {
  Row series{.labels = std::move(labels), .values = {}};
  series.values.assign(cells.bucket_count(), otherwise);
  cells.ForEach(row, [&](std::uint32_t bucket, const Cell& cell) {
    if (!cell.empty()) series.values[bucket] = read(cell);
  });
  return series;
}

Labels With(Labels labels, std::string key, double value) {
  labels.push_back({std::move(key), {value}});
  return labels;
}

/// Of the label that was added last.
double LastNumber(const Row& series) { return std::get<double>(series.labels.back().value.data); }

}  // namespace

Labels Accumulator::LabelsOf(Group group) const {
  const bool has_own_label =
      function_.kind == Kind::kQuantileOverTime || function_.kind == Kind::kHistogramOverTime;
  if (function_.by.empty()) {
    if (has_own_label) return {};
    return {{std::string(kNameLabel), {std::string(function_.name())}}};
  }
  Labels labels;
  std::string_view key = groups_.keys()[group];
  for (const std::string& name : function_.by) {
    const Value value = TakeValue(&key);
    if (!value.is_nil()) labels.push_back({name, LabelValueOf(value)});
  }
  return labels;
}

void Accumulator::AddSeries(Group group, double step_seconds, Table* table) const {
  const double unit = function_.is_duration ? kNanosOfSecond : 1;
  const auto add = [&](const auto& cells, double otherwise, auto read) {
    if (!HasAny(cells, group)) return;
    table->push_back(MakeRow(LabelsOf(group), cells, group, otherwise, read));
  };
  switch (function_.kind) {
    case Kind::kRate:
      return add(std::get<CellTable<Count>>(cells_), 0,
                 [=](const Count& cell) { return cell.value() / step_seconds; });
    case Kind::kCountOverTime:
      return add(std::get<CellTable<Count>>(cells_), 0,
                 [](const Count& cell) { return cell.value(); });
    case Kind::kMinOverTime:
      return add(std::get<CellTable<Least>>(cells_), kNoValue,
                 [=](const Least& cell) { return cell.value() / unit; });
    case Kind::kMaxOverTime:
      return add(std::get<CellTable<Greatest>>(cells_), kNoValue,
                 [=](const Greatest& cell) { return cell.value() / unit; });
    case Kind::kSumOverTime:
      return add(std::get<CellTable<Total>>(cells_), kNoValue,
                 [=](const Total& cell) { return cell.value() / unit; });
    case Kind::kAvgOverTime:
      return add(std::get<CellTable<Total>>(cells_), kNoValue,
                 [=](const Total& cell) { return cell.mean() / unit; });
    case Kind::kQuantileOverTime:
      return AddQuantiles(group, LabelsOf(group), table);
    case Kind::kHistogramOverTime:
      return AddHistogram(group, LabelsOf(group), table);
    case Kind::kCompare:
      break;
  }
}

/// As in Tempo, a bucket without spans has 0.
void Accumulator::AddQuantiles(Group group, const Labels& labels, Table* table) const {
  const auto& cells = std::get<CellTable<QuantileSketch>>(cells_);
  if (!HasAny(cells, group)) return;
  const double unit = function_.is_duration ? kNanosOfSecond : 1;
  for (const double quantile : function_.quantiles) {
    table->push_back(
        MakeRow(With(labels, "p", quantile), cells, group, 0,
                [=](const QuantileSketch& cell) { return cell.Quantile(quantile) / unit; }));
  }
}

void Accumulator::AddHistogram(Group group, const Labels& labels, Table* table) const {
  const double unit = function_.is_duration ? kNanosOfSecond : 1;
  for (const auto& [bound, row] : bounds_[group]) {
    table->push_back(MakeRow(With(labels, "__bucket", bound / unit),
                             std::get<CellTable<Count>>(cells_), row, 0,
                             [](const Count& cell) { return cell.value(); }));
  }
}

std::size_t Accumulator::SeriesMax() const {
  if (is_histogram()) return std::get<CellTable<Count>>(cells_).row_count();
  const bool has_several = function_.kind == Kind::kQuantileOverTime;
  return groups_.size() * (has_several ? function_.quantiles.size() : 1);
}

/// `series` are those of its group.
void Accumulator::Place(const ChosenExemplar& chosen, std::span<Row> series) const {
  if (series.empty()) return;
  const Exemplar& exemplar = *chosen.exemplar;
  const double unit = function_.is_duration ? kNanosOfSecond : 1;
  const double value = exemplar.value / unit;
  Row* row = &series.front();
  if (is_histogram()) {
    const double bound = BoundCounts::BoundOf(exemplar.value) / unit;
    const auto own = std::ranges::find(series, bound, LastNumber);
    if (own != series.end()) row = &*own;
  } else if (function_.kind == Kind::kQuantileOverTime) {
    // The nearest that is not below it.
    const auto distance = [&](const Row& each) {
      const double above = each.values[chosen.bucket] - value;
      return std::pair(above < 0, std::abs(above));
    };
    row = &*std::ranges::min_element(series, {}, distance);
  }
  row->exemplars.push_back(
      {.bucket = chosen.bucket, .time = exemplar.time, .value = value, .labels = exemplar.labels});
}

Result<Table> Accumulator::ToTable(double step_seconds, std::span<const ChosenExemplar> exemplars,
                                   Meter* meter) const {
  const std::uint64_t bucket_count =
      std::visit([](const auto& cells) { return cells.bucket_count(); }, cells_);
  if (!meter->TryTake(SeriesMax() * (sizeof(Row) + bucket_count * sizeof(double)))) {
    return meter->Exhausted();
  }
  Table table;
  // Those of group i begin at i.
  std::vector<std::size_t> begins;
  for (Group group = 0; group < groups_.size(); ++group) {
    begins.push_back(table.size());
    AddSeries(group, step_seconds, &table);
  }
  begins.push_back(table.size());
  // Without groups there is one number of spans, even of none.
  if (table.empty() && function_.is_count() && function_.by.empty()) {
    table.push_back({.labels = LabelsOf(0), .values = std::vector<double>(bucket_count, 0)});
  }
  for (const ChosenExemplar& chosen : exemplars) {
    const Group group = chosen.exemplar->group;
    Place(chosen, std::span(table).subspan(begins[group], begins[group + 1] - begins[group]));
  }
  return table;
}

}  // namespace clew::traceql::metrics
