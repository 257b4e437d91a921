#include "traceql/metrics/arithmetic.h"

#include <algorithm>
#include <cstddef>
#include <map>
#include <utility>

#include "traceql/metrics/cells.h"

namespace clew::traceql::metrics {
namespace {

Labels WithoutName(Labels labels) {
  std::erase_if(labels, [](const model::KeyValue& label) { return label.key == kNameLabel; });
  return labels;
}

Labels Named(Labels labels, const std::string& name) {
  if (labels.empty()) labels.push_back({std::string(kNameLabel), {name}});
  return labels;
}

/// In an order of their own: what a series is matched by.
Labels Sorted(Labels labels) {
  std::ranges::sort(labels, {}, &model::KeyValue::key);
  return labels;
}

bool IsForAll(const Table& table) {
  return table.size() == 1 && WithoutName(table.front().labels).empty();
}

Row CombineRows(Op op, const Row& left, const Row& right, Labels labels, const std::string& name) {
  Row row{
      .labels = Named(std::move(labels), name), .values = left.values, .exemplars = left.exemplars};
  for (std::size_t i = 0; i < row.values.size(); ++i) {
    row.values[i] = Compute(op, left.values[i], right.values[i]);
  }
  row.exemplars.insert(row.exemplars.end(), right.exemplars.begin(), right.exemplars.end());
  return row;
}

}  // namespace

double Compute(Op op, double left, double right) {
  switch (op) {
    case Op::kAdd:
      return left + right;
    case Op::kSubtract:
      return left - right;
    case Op::kMultiply:
      return left * right;
    default:
      return right == 0 ? kNoValue : left / right;
  }
}

Table Combine(Op op, const Table& left, const Table& right, const std::string& name) {
  Table result;
  if (IsForAll(right)) {
    for (const Row& row : left) {
      result.push_back(CombineRows(op, row, right.front(), WithoutName(row.labels), name));
    }
  } else if (IsForAll(left)) {
    for (const Row& row : right) {
      result.push_back(CombineRows(op, left.front(), row, WithoutName(row.labels), name));
    }
  } else {
    std::map<Labels, const Row*, LabelsLess> partners;
    for (const Row& row : right) partners.emplace(Sorted(WithoutName(row.labels)), &row);
    for (const Row& row : left) {
      Labels labels = WithoutName(row.labels);
      const auto partner = partners.find(Sorted(labels));
      if (partner == partners.end()) continue;
      result.push_back(CombineRows(op, row, *partner->second, std::move(labels), name));
    }
  }
  DropEmpty(&result);
  return result;
}

Table Combine(Op op, Table series, double number, bool is_number_right, const std::string& name) {
  for (Row& row : series) {
    row.labels = Named(WithoutName(std::move(row.labels)), name);
    for (double& value : row.values) {
      value = is_number_right ? Compute(op, value, number) : Compute(op, number, value);
    }
  }
  DropEmpty(&series);
  return series;
}

}  // namespace clew::traceql::metrics
