#include "traceql/metrics/accumulator.h"

#include <algorithm>
#include <cmath>
#include <type_traits>

#include "traceql/metrics/bound_counts.h"
#include "traceql/metrics/points_by_cell.h"
#include "traceql/metrics/value_key.h"

namespace clew::traceql::metrics {
namespace {

using evaluate::Value;
using Kind = Function::Kind;

/// Lets `change` change the cell, and counts by how much its memory grows.
template <typename Cell, typename Change>
bool ChangeMetered(Cell* cell, Meter* meter, Change change) {
  if constexpr (std::is_same_v<Cell, QuantileSketch>) {
    const std::size_t before = cell->heap_bytes();
    change();
    return meter->TryTake(cell->heap_bytes() - before);
  } else {
    change();
    return true;
  }
}

}  // namespace

Accumulator::Cells Accumulator::MakeCells(Kind kind, std::uint32_t bucket_count, Meter* meter) {
  switch (kind) {
    case Kind::kMinOverTime:
      return CellTable<Least>(bucket_count, meter);
    case Kind::kMaxOverTime:
      return CellTable<Greatest>(bucket_count, meter);
    case Kind::kSumOverTime:
    case Kind::kAvgOverTime:
      return CellTable<Total>(bucket_count, meter);
    case Kind::kQuantileOverTime:
      return CellTable<QuantileSketch>(bucket_count, meter);
    default:
      return CellTable<Count>(bucket_count, meter);
  }
}

Accumulator::Accumulator(const Function& function, std::uint32_t bucket_count, Meter* meter)
    : function_(function),
      meter_(*meter),
      groups_(meter),
      cells_(MakeCells(function.kind, bucket_count, meter)) {}

Result<Group> Accumulator::GroupOf(std::span<const Value> by) {
  key_.clear();
  const bool are_nil = std::ranges::all_of(by, &Value::is_nil);
  for (const Value& value : by) {
    // Of what has none of the attributes the label would be this text: one series, not two.
    const bool stands_for_all = are_nil && &value == by.data();
    AppendKey(stands_for_all ? Value::String("nil") : value, &key_);
  }
  return GroupOfKey(key_);
}

Result<Group> Accumulator::GroupOfKey(std::string_view key) {
  const std::optional<Group> group = groups_.Number(key);
  if (!group) return meter_.Exhausted();
  if (is_histogram()) {
    bounds_.resize(groups_.size());
    return *group;
  }
  const bool has_room =
      std::visit([&](auto& cells) { return cells.GrowTo(groups_.size()); }, cells_);
  if (!has_room) return meter_.Exhausted();
  return *group;
}

std::optional<std::uint32_t> Accumulator::RowOfBound(Group group, double bound) {
  Bounds& bounds = bounds_[group];
  const auto place = std::ranges::lower_bound(bounds, bound, {}, &Bounds::value_type::first);
  if (place != bounds.end() && place->first == bound) return place->second;
  auto& cells = std::get<CellTable<Count>>(cells_);
  const std::size_t row = cells.row_count();
  if (!cells.GrowTo(row + 1)) return std::nullopt;
  bounds.emplace(place, bound, static_cast<std::uint32_t>(row));
  return static_cast<std::uint32_t>(row);
}

template <typename Cell>
Status Accumulator::AddTo(CellTable<Cell>* cells, const Points& points) {
  const bool has_values = !function_.is_count();
  for (std::size_t i = 0; i < points.buckets.size(); ++i) {
    const std::uint32_t bucket = points.buckets[i];
    const double value = has_values ? points.values[i] : 0;
    if (bucket == TimeRange::kNoBucket || !std::isfinite(value)) continue;
    const Group group = points.groups.empty() ? 0 : points.groups[i];
    Cell* const cell = cells->At(bucket, group);
    if (cell == nullptr) return meter_.Exhausted();
    cell->Add(value, points.weights.empty() ? 1 : points.weights[i]);
  }
  return {};
}

/// They are large: one after the other, each is at hand while values are added to it.
Status Accumulator::AddTo(CellTable<QuantileSketch>* cells, const Points& points) {
  const PointsByCell divided(points);
  Status status;
  divided.ForEach([&](const PointsByCell::Run& run) {
    if (!status) return;
    QuantileSketch* const sketch = cells->At(run.bucket, run.group);
    const bool fits = sketch != nullptr &&
                      ChangeMetered(sketch, &meter_, [&] { sketch->Add(run.values, run.weights); });
    if (!fits) status = meter_.Exhausted();
  });
  return status;
}

Status Accumulator::AddToHistogram(CellTable<Count>* cells, const Points& points) {
  BoundCounts counts;
  Status status;
  PointsByCell(points).ForEach([&](const PointsByCell::Run& run) {
    counts.Add(run.values, run.weights);
    counts.Take([&](double bound, double count) {
      if (!status) return;
      const std::optional<std::uint32_t> row = RowOfBound(run.group, bound);
      Count* const cell = row ? cells->At(run.bucket, *row) : nullptr;
      if (cell == nullptr) {
        status = meter_.Exhausted();
      } else {
        cell->Add(0, count);
      }
    });
  });
  return status;
}

Status Accumulator::Add(const Points& points) {
  const bool is_extreme =
      function_.kind == Kind::kMinOverTime || function_.kind == Kind::kMaxOverTime;
  const auto is_several = [](double weight) { return weight != 1; };
  if (!is_extreme && std::ranges::any_of(points.weights, is_several)) is_weighted_ = true;
  if (function_.by.empty()) TRY(GroupOf({}));
  if (is_histogram()) return AddToHistogram(&std::get<CellTable<Count>>(cells_), points);
  return std::visit([&](auto& cells) { return AddTo(&cells, points); }, cells_);
}

Status Accumulator::AddCount(std::uint32_t bucket, Group group, std::uint64_t count) {
  if (function_.by.empty()) TRY(GroupOf({}));
  Count* const cell = std::get<CellTable<Count>>(cells_).At(bucket, group);
  if (cell == nullptr) return meter_.Exhausted();
  cell->Add(0, static_cast<double>(count));
  return {};
}

template <typename Cell>
Status Accumulator::MergeRow(const CellTable<Cell>& others, std::size_t from, std::size_t to) {
  auto& cells = std::get<CellTable<Cell>>(cells_);
  Status status;
  others.ForEach(from, [&](std::uint32_t bucket, const Cell& other) {
    if (!status || other.empty()) return;
    Cell* const cell = cells.At(bucket, to);
    const bool fits = cell != nullptr && ChangeMetered(cell, &meter_, [&] { cell->Merge(other); });
    if (!fits) status = meter_.Exhausted();
  });
  return status;
}

template <typename Cell>
Status Accumulator::MergeCells(const CellTable<Cell>& others, const Accumulator& other,
                               std::span<const Group> groups) {
  for (std::size_t group = 0; group < groups.size(); ++group) {
    if (!is_histogram()) {
      TRY(MergeRow(others, group, groups[group]));
      continue;
    }
    for (const auto& [bound, from] : other.bounds_[group]) {
      const std::optional<std::uint32_t> row = RowOfBound(groups[group], bound);
      if (!row) return meter_.Exhausted();
      TRY(MergeRow(others, from, *row));
    }
  }
  return {};
}

Result<std::vector<Group>> Accumulator::Merge(const Accumulator& other) {
  std::vector<Group> groups;
  for (const std::string_view key : other.groups_.keys()) {
    ASSIGN_OR_RETURN(groups.emplace_back(), GroupOfKey(key));
  }
  is_weighted_ = is_weighted_ || other.is_weighted_;
  TRY(std::visit([&](const auto& others) { return MergeCells(others, other, groups); },
                 other.cells_));
  return groups;
}

}  // namespace clew::traceql::metrics
