#include "traceql/operand.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "traceql/fold.h"

namespace clew::traceql {
namespace {

Place Joined(const Place& left, const Place& right) { return {{left.begin, right.end}}; }

/// As Binary of field expressions: what follows each other is beside each other.
SpansetExpression Join(SpansetOp op, SpansetExpression left, SpansetExpression right) {
  SpansetExpression result{.kind = SpansetExpression::Kind::kOperator,
                           .op = op,
                           .pipeline = {},
                           .place = Joined(left.place, right.place)};
  const bool is_chain = LevelOf(op) == kLogicLevel && left.kind == result.kind && left.op == op;
  if (is_chain) {
    result.depth = std::max(left.depth, right.depth + 1);
    result.operands = std::move(left.operands);
  } else {
    result.depth = std::max(left.depth, right.depth) + 1;
    result.operands.push_back(std::move(left));
  }
  result.operands.push_back(std::move(right));
  return result;
}

template <typename Expression>
Expression Group(Op op, Expression left, Expression right) {
  Expression result{};
  result.op = op;
  result.depth = std::max(left.depth, right.depth) + 1;
  result.place = Joined(left.place, right.place);
  result.operands.push_back(std::move(left));
  result.operands.push_back(std::move(right));
  return result;
}

Result<ScalarExpression> Compute(Op op, ScalarExpression left, ScalarExpression right) {
  if (left.op != Op::kStatic || right.op != Op::kStatic) {
    return Group(op, std::move(left), std::move(right));
  }
  std::optional<Static> value = Fold(op, left.value, right.value);
  if (!value && right.value.AsReal() == 0) {
    return InvalidArgument("{} by zero", op == Op::kModulo ? "modulo" : "division");
  }
  if (!value) return InvalidArgument("number is out of range");
  return ScalarExpression{.value = std::move(*value), .place = Joined(left.place, right.place)};
}

/// A number beside series.
Result<MetricsExpression> Constant(ScalarExpression scalar) {
  if (scalar.op != Op::kStatic) return std::unexpected(Error{Code::kInvalidArgument, ""});
  if (scalar.value.type == Type::kDuration) {
    return InvalidArgument("duration cannot be used as a scalar operand in metric arithmetic");
  }
  return MetricsExpression{
      .op = Op::kStatic, .value = std::move(scalar.value), .place = scalar.place};
}

Result<MetricsExpression> AsMetrics(Operand operand) {
  if (auto* const metrics = std::get_if<MetricsExpression>(&operand)) return std::move(*metrics);
  if (auto* const scalar = std::get_if<ScalarExpression>(&operand)) {
    return Constant(std::move(*scalar));
  }
  return std::unexpected(Error{Code::kInvalidArgument, ""});
}

/// Of arithmetic; metrics have four of the operators.
std::optional<Op> FindArithmetic(std::string_view spelling) {
  const std::optional<Op> op = FindBinaryOp(spelling);
  return op && IsArithmetic(*op) ? op : std::nullopt;
}

bool IsOfMetrics(Op op) {
  return op == Op::kAdd || op == Op::kSubtract || op == Op::kMultiply || op == Op::kDivide;
}

}  // namespace

bool CanCombine(const Operand& left, std::string_view spelling) {
  if (std::holds_alternative<SpansetExpression>(left)) return FindSpansetOp(spelling).has_value();
  const std::optional<Op> op = FindArithmetic(spelling);
  return op && (std::holds_alternative<ScalarExpression>(left) || IsOfMetrics(*op));
}

int LevelOf(const Operand& left, std::string_view spelling) {
  return std::holds_alternative<SpansetExpression>(left) ? LevelOf(*FindSpansetOp(spelling))
                                                         : LevelOf(*FindArithmetic(spelling));
}

std::string_view ExpectedAfter(const Operand& left) {
  if (std::holds_alternative<SpansetExpression>(left)) return "{ or (";
  if (std::holds_alternative<ScalarExpression>(left)) return "a number, an aggregate or (";
  return "a number or (";
}

Result<Operand> Combine(Operand left, std::string_view spelling, Operand right) {
  if (auto* const spansets = std::get_if<SpansetExpression>(&left)) {
    auto* const others = std::get_if<SpansetExpression>(&right);
    if (others == nullptr) return std::unexpected(Error{Code::kInvalidArgument, ""});
    return Join(*FindSpansetOp(spelling), std::move(*spansets), std::move(*others));
  }
  const Op op = *FindArithmetic(spelling);
  auto* const scalar = std::get_if<ScalarExpression>(&left);
  auto* const other = std::get_if<ScalarExpression>(&right);
  if (scalar != nullptr && other != nullptr) {
    ASSIGN_OR_RETURN(ScalarExpression result, Compute(op, std::move(*scalar), std::move(*other)));
    return result;
  }
  if (!IsOfMetrics(op)) return std::unexpected(Error{Code::kInvalidArgument, ""});
  ASSIGN_OR_RETURN(MetricsExpression left_series, AsMetrics(std::move(left)));
  ASSIGN_OR_RETURN(MetricsExpression right_series, AsMetrics(std::move(right)));
  return Group(op, std::move(left_series), std::move(right_series));
}

int DepthOf(const Operand& operand) {
  return std::visit([](const auto& each) { return each.depth; }, operand);
}

bool HasAggregate(const ScalarExpression& expression) {
  return expression.op == Op::kAggregate || std::ranges::any_of(expression.operands, HasAggregate);
}

}  // namespace clew::traceql
