#include "traceql/fold.h"

#include <cmath>
#include <compare>
#include <cstdint>
#include <limits>

namespace clew::traceql {
namespace {

constexpr std::int64_t kLeast = std::numeric_limits<std::int64_t>::min();

// As Go's integers do, these wrap around.
std::int64_t Add(std::int64_t a, std::int64_t b) {
  return static_cast<std::int64_t>(static_cast<std::uint64_t>(a) + static_cast<std::uint64_t>(b));
}
std::int64_t Multiply(std::int64_t a, std::int64_t b) {
  return static_cast<std::int64_t>(static_cast<std::uint64_t>(a) * static_cast<std::uint64_t>(b));
}
std::int64_t Negate(std::int64_t a) {
  return static_cast<std::int64_t>(~static_cast<std::uint64_t>(a) + 1);
}

std::int64_t Power(std::int64_t base, std::int64_t exponent) {
  std::int64_t result = 1;
  for (; exponent > 0; exponent >>= 1) {
    if ((exponent & 1) != 0) result = Multiply(result, base);
    base = Multiply(base, base);
  }
  return result;
}

/// Nothing where there is no whole number.
std::optional<std::int64_t> Arithmetic(Op op, std::int64_t a, std::int64_t b) {
  switch (op) {
    case Op::kAdd:
      return Add(a, b);
    case Op::kSubtract:
      return Add(a, Negate(b));
    case Op::kMultiply:
      return Multiply(a, b);
    case Op::kDivide:
      if (b == 0) return std::nullopt;
      return b == -1 ? Negate(a) : a / b;
    case Op::kModulo:
      if (b == 0) return std::nullopt;
      return b == -1 ? 0 : a % b;
    default:
      if (b < 0) return std::nullopt;
      return Power(a, b);
  }
}

double Arithmetic(Op op, double a, double b) {
  switch (op) {
    case Op::kAdd:
      return a + b;
    case Op::kSubtract:
      return a - b;
    case Op::kMultiply:
      return a * b;
    case Op::kDivide:
      return a / b;
    case Op::kModulo:
      return std::fmod(a, b);
    default:
      return std::pow(a, b);
  }
}

std::optional<Static> FoldArithmetic(Op op, const Static& left, const Static& right) {
  if (!left.is_number() || !right.is_number()) return std::nullopt;
  if (left.type == Type::kInt && right.type == Type::kInt) {
    if (const auto number = Arithmetic(op, left.number, right.number)) return Static::Int(*number);
    if (right.number == 0) return std::nullopt;
  }
  const double real = Arithmetic(op, left.AsReal(), right.AsReal());
  if (!std::isfinite(real)) return std::nullopt;
  if (left.type != Type::kDuration && right.type != Type::kDuration) return Static::Float(real);
  constexpr double kAboveInts = 9223372036854775808.0;
  if (real >= kAboveInts || real <= -kAboveInts) return std::nullopt;
  return Static::Duration(static_cast<std::int64_t>(real));
}

std::optional<Static> FoldOrder(Op op, std::partial_ordering order) {
  switch (op) {
    case Op::kEqual:
      return Static::Bool(order == 0);
    case Op::kNotEqual:
      return Static::Bool(order != 0);
    case Op::kGreater:
      return Static::Bool(order > 0);
    case Op::kGreaterOrEqual:
      return Static::Bool(order >= 0);
    case Op::kLess:
      return Static::Bool(order < 0);
    case Op::kLessOrEqual:
      return Static::Bool(order <= 0);
    default:
      return std::nullopt;
  }
}

std::optional<Static> FoldComparison(Op op, const Static& left, const Static& right) {
  const bool is_equality = op == Op::kEqual || op == Op::kNotEqual;
  if (left.type == Type::kNil || right.type == Type::kNil) {
    // A value exists; of nil nothing is said.
    if (!is_equality) return std::nullopt;
    return Static::Bool(op == Op::kNotEqual && left.type != right.type);
  }
  if (left.is_number() && right.is_number()) {
    const bool is_whole = left.type != Type::kFloat && right.type != Type::kFloat;
    return FoldOrder(op, is_whole ? std::partial_ordering(left.number <=> right.number)
                                  : left.AsReal() <=> right.AsReal());
  }
  if (left.type != right.type) return std::nullopt;
  if (left.type == Type::kString) return FoldOrder(op, left.text.compare(right.text) <=> 0);
  return is_equality ? FoldOrder(op, left.number <=> right.number) : std::nullopt;
}

}  // namespace

std::optional<Static> Fold(Op op, const Static& left, const Static& right) {
  if (IsArithmetic(op)) return FoldArithmetic(op, left, right);
  if (!IsLogic(op)) return FoldComparison(op, left, right);
  if (left.type != Type::kBool || right.type != Type::kBool) return std::nullopt;
  const bool both = left.number != 0 && right.number != 0;
  const bool either = left.number != 0 || right.number != 0;
  return Static::Bool(op == Op::kAnd ? both : either);
}

std::optional<Static> Fold(Op op, const Static& operand) {
  if (op == Op::kNot) {
    if (operand.type != Type::kBool) return std::nullopt;
    return Static::Bool(operand.number == 0);
  }
  Static negated = operand;
  if (operand.type == Type::kFloat) {
    negated.real = -operand.real;
    return negated;
  }
  if (!operand.is_number() || operand.number == kLeast) return std::nullopt;
  negated.number = -operand.number;
  return negated;
}

}  // namespace clew::traceql
