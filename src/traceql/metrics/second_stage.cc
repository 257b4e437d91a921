#include "traceql/metrics/second_stage.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <numeric>
#include <string>
#include <utility>
#include <vector>

#include "traceql/metrics/cells.h"

namespace clew::traceql::metrics {
namespace {

bool Holds(Op op, double left, double right) {
  switch (op) {
    case Op::kEqual:
      return left == right;
    case Op::kNotEqual:
      return left != right;
    case Op::kGreater:
      return left > right;
    case Op::kGreaterOrEqual:
      return left >= right;
    case Op::kLess:
      return left < right;
    default:
      return left <= right;
  }
}

void Filter(const SecondStage& stage, Table* table) {
  const bool is_duration = stage.value.type == Type::kDuration;
  const double bound = stage.value.AsReal() / (is_duration ? 1e9 : 1);
  for (Row& row : *table) {
    for (double& value : row.values) {
      if (!std::isnan(value) && !Holds(stage.op, value, bound)) value = kNoValue;
    }
  }
}

/// The numbers of the rows, by their labels as text.
std::vector<std::size_t> ByText(const Table& table) {
  std::vector<std::string> texts;
  texts.reserve(table.size());
  for (const Row& row : table) texts.push_back(LabelText(row.labels));
  std::vector<std::size_t> order(table.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::stable_sort(order, {},
                           [&texts](std::size_t row) -> const std::string& { return texts[row]; });
  return order;
}

void KeepOutermost(const SecondStage& stage, Table* table) {
  const auto limit = static_cast<std::size_t>(stage.limit);
  if (table->size() <= limit) return;
  const double sign = stage.kind == SecondStage::Kind::kTopK ? -1 : 1;
  const std::vector<std::size_t> order = ByText(*table);
  // The points of a bucket: what is wanted comes first.
  std::vector<std::pair<double, std::size_t>> points;
  for (std::size_t bucket = 0; bucket < table->front().values.size(); ++bucket) {
    points.clear();
    for (std::size_t place = 0; place < order.size(); ++place) {
      const double value = (*table)[order[place]].values[bucket];
      if (!std::isnan(value)) points.emplace_back(sign * value, place);
    }
    if (points.size() <= limit) continue;
    const auto end_of_kept = points.begin() + static_cast<std::ptrdiff_t>(limit);
    std::ranges::nth_element(points, end_of_kept);
    for (auto point = end_of_kept; point != points.end(); ++point) {
      (*table)[order[point->second]].values[bucket] = kNoValue;
    }
  }
}

}  // namespace

void Apply(const SecondStage& stage, Table* table) {
  if (stage.kind == SecondStage::Kind::kFilter) {
    Filter(stage, table);
  } else {
    KeepOutermost(stage, table);
  }
  DropEmpty(table);
}

}  // namespace clew::traceql::metrics
