#include "traceql/field_expression.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "traceql/fold.h"

namespace clew::traceql {
namespace {

Place Joined(const Place& left, const Place& right) { return {{left.begin, right.end}}; }

}  // namespace

FieldExpression Leaf(Static value) { return {.value = std::move(value)}; }

FieldExpression Leaf(Attribute attribute) {
  return {.op = Op::kAttribute, .attribute = std::move(attribute)};
}

FieldExpression Unary(Op op, FieldExpression operand) {
  FieldExpression result{.op = op, .depth = operand.depth + 1, .place = operand.place};
  if (operand.op == Op::kStatic) {
    if (std::optional<Static> value = Fold(op, operand.value)) {
      result.op = Op::kStatic;
      result.value = std::move(*value);
      result.depth = 1;
      return result;
    }
  }
  result.operands.push_back(std::move(operand));
  return result;
}

FieldExpression Binary(Op op, FieldExpression left, FieldExpression right) {
  FieldExpression result{.op = op, .place = Joined(left.place, right.place)};
  if (left.op == Op::kStatic && right.op == Op::kStatic) {
    if (std::optional<Static> value = Fold(op, left.value, right.value)) {
      result.op = Op::kStatic;
      result.value = std::move(*value);
      return result;
    }
  }
  if (IsLogic(op) && left.op == op) {
    result.depth = std::max(left.depth, right.depth + 1);
    result.operands = std::move(left.operands);
  } else {
    result.depth = std::max(left.depth, right.depth) + 1;
    result.operands.push_back(std::move(left));
  }
  result.operands.push_back(std::move(right));
  return result;
}

bool RefersToSpan(const FieldExpression& expression) {
  return expression.op == Op::kAttribute || std::ranges::any_of(expression.operands, RefersToSpan);
}

}  // namespace clew::traceql
