#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "base/vocabulary.h"
#include "traceql/evaluate/value.h"
#include "traceql/metrics/cell_table.h"
#include "traceql/metrics/cells.h"
#include "traceql/metrics/exemplars.h"
#include "traceql/metrics/function.h"
#include "traceql/metrics/key_table.h"
#include "traceql/metrics/meter.h"
#include "traceql/metrics/points.h"
#include "traceql/metrics/quantile_sketch.h"
#include "traceql/metrics/table.h"
#include "traceql/metrics/time_range.h"

namespace clew::traceql::metrics {

/// What a function makes of spans, of which it knows no more than time, group and value: series.
///
/// What has been added by several, each with a part of the spans, can be merged, and gives what one
/// would have made of all. A span costs a few nanoseconds when many are added at once. One thread.
class Accumulator {
 public:
  /// `meter` outlives it.
  Accumulator(const Function& function, std::uint32_t bucket_count, Meter* meter);

  /// The group of spans with these values of by(), one for each label. Numbers count up from 0.
  /// RESOURCE_EXHAUSTED when it is new and takes too much memory.
  Result<Group> GroupOf(std::span<const evaluate::Value> by);
  std::size_t group_count() const { return groups_.size(); }

  /// RESOURCE_EXHAUSTED when it takes too much memory: not all has been added then.
  Status Add(const Points& points);
  /// So many spans at once, for functions that count them.
  Status AddCount(std::uint32_t bucket, Group group, std::uint64_t count);

  /// Gives which numbers the groups of the other one have here. Both are of the same function.
  Result<std::vector<Group>> Merge(const Accumulator& other);

  /// Some span stood for more than itself.
  bool is_weighted() const { return is_weighted_; }

  /// The series, in the order of their groups; `exemplars` go where they belong. `step_seconds` is
  /// what rates are divided by. RESOURCE_EXHAUSTED when `meter` has no room for it.
  Result<Table> ToTable(double step_seconds, std::span<const ChosenExemplar> exemplars,
                        Meter* meter) const;

 private:
  using Cells = std::variant<CellTable<Count>, CellTable<Least>, CellTable<Greatest>,
                             CellTable<Total>, CellTable<QuantileSketch>>;
  /// Of kHistogramOverTime, a row of cells for each upper bound that a group has values below.
  using Bounds = std::vector<std::pair<double, std::uint32_t>>;

  static Cells MakeCells(Function::Kind kind, std::uint32_t bucket_count, Meter* meter);

  bool is_histogram() const { return function_.kind == Function::Kind::kHistogramOverTime; }
  Result<Group> GroupOfKey(std::string_view key);
  /// Of the bucket of a histogram; nothing when that takes too much memory.
  std::optional<std::uint32_t> RowOfBound(Group group, double bound);
  template <typename Cell>
  Status AddTo(CellTable<Cell>* cells, const Points& points);
  Status AddTo(CellTable<QuantileSketch>* cells, const Points& points);
  Status AddToHistogram(CellTable<Count>* cells, const Points& points);
  template <typename Cell>
  Status MergeCells(const CellTable<Cell>& others, const Accumulator& other,
                    std::span<const Group> groups);
  template <typename Cell>
  Status MergeRow(const CellTable<Cell>& others, std::size_t from, std::size_t to);

  // What series are made of them: accumulator_table.cc.
  std::size_t SeriesMax() const;
  Labels LabelsOf(Group group) const;
  void AddSeries(Group group, double step_seconds, Table* table) const;
  void AddQuantiles(Group group, const Labels& labels, Table* table) const;
  void AddHistogram(Group group, const Labels& labels, Table* table) const;
  void Place(const ChosenExemplar& chosen, std::span<Row> series) const;

  const Function function_;
  Meter& meter_;
  KeyTable groups_;
  Cells cells_;
  /// By group, of kHistogramOverTime.
  std::vector<Bounds> bounds_;
  bool is_weighted_ = false;
  /// Of the call that goes on.
  std::string key_;
};

}  // namespace clew::traceql::metrics
