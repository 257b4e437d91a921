#include "scan/value_order.h"

#include <bit>
#include <cmath>
#include <compare>

#include "wire/otlp/json_text.h"
#include "wire/otlp/materialize.h"

namespace clew::scan {
namespace {

using expr::Literal;
using expr::Op;
using model::ValueType;

template <typename Number>
Order OrderOf(Number left, Number right) {
  const std::partial_ordering order = left <=> right;
  if (order == std::partial_ordering::unordered) return std::nullopt;
  return order < 0 ? -1 : order > 0 ? 1 : 0;
}

Order OrderOf(std::string_view left, std::string_view right) {
  const int order = left.compare(right);
  return order < 0 ? -1 : order > 0 ? 1 : 0;
}

/// Of values that have no order.
Order EqualOrNothing(bool is_equal) { return is_equal ? Order(0) : std::nullopt; }

double RealOf(const StoredValue& value) { return std::bit_cast<double>(value.number); }

/// Exact, also where a double cannot tell whole numbers apart.
Order OrderOf(std::int64_t whole, double real) {
  constexpr double kAboveInts = 9223372036854775808.0;
  if (std::isnan(real)) return std::nullopt;
  if (real >= kAboveInts) return -1;
  if (real < -kAboveInts) return 1;
  const double floor = std::floor(real);
  const Order order = OrderOf(whole, static_cast<std::int64_t>(floor));
  return order == 0 && floor < real ? -1 : order;
}

Order OrderOf(double real, std::int64_t whole) {
  const Order order = OrderOf(whole, real);
  return order ? Order(-*order) : order;
}

}  // namespace

std::string TextOf(const StoredValue& value) {
  switch (value.type) {
    case ValueType::kBytes:
      return model::ValueToText({model::ByteString{std::string(value.text)}});
    case ValueType::kArray:
    case ValueType::kKvList:
      return model::ValueToText(wire::otlp::DecodeNestedValue(value.type, value.text));
    case ValueType::kBool:
      return value.number != 0 ? "true" : "false";
    case ValueType::kInt:
      return std::to_string(value.number);
    case ValueType::kDouble:
      return model::ValueToText({std::bit_cast<double>(value.number)});
    default:
      return std::string(value.text);
  }
}

Order Compare(const StoredValue& left, const StoredValue& right) {
  if (left.type == ValueType::kInt && right.type == ValueType::kInt) {
    return OrderOf(left.number, right.number);
  }
  if (left.type == ValueType::kInt && right.type == ValueType::kDouble) {
    return OrderOf(left.number, RealOf(right));
  }
  if (left.type == ValueType::kDouble && right.type == ValueType::kInt) {
    return OrderOf(RealOf(left), right.number);
  }
  if (left.type != right.type) return std::nullopt;
  if (left.type == ValueType::kDouble) return OrderOf(RealOf(left), RealOf(right));
  if (left.type == ValueType::kString) return OrderOf(left.text, right.text);
  return EqualOrNothing(left.number == right.number && left.text == right.text);
}

Order Compare(const StoredValue& value, const Literal& literal) {
  constexpr double kLeastInt = -9223372036854775808.0;
  if (literal.type && *literal.type != value.type) return std::nullopt;
  switch (value.type) {
    case ValueType::kEmpty:
      return std::nullopt;
    case ValueType::kInt:
      if (literal.integer) return OrderOf(value.number, *literal.integer);
      if (literal.is_below_ints) return 1;
      return literal.real ? OrderOf(value.number, *literal.real) : std::nullopt;
    case ValueType::kDouble:
      if (literal.integer) return OrderOf(RealOf(value), *literal.integer);
      if (literal.is_below_ints && RealOf(value) >= kLeastInt) return 1;
      return literal.real ? OrderOf(RealOf(value), *literal.real) : std::nullopt;
    case ValueType::kString:
      return wire::otlp::IsShownAs(value.text, literal.text) ? 0
                                                             : OrderOf(value.text, literal.text);
    default:
      return EqualOrNothing(wire::otlp::IsShownAs(TextOf(value), literal.text));
  }
}

bool Holds(Op op, Order order) {
  if (!order) return false;
  switch (op) {
    case Op::kGreater:
      return *order > 0;
    case Op::kLess:
      return *order < 0;
    case Op::kGreaterOrEqual:
      return *order >= 0;
    case Op::kLessOrEqual:
      return *order <= 0;
    default:
      return *order == 0;
  }
}

}  // namespace clew::scan
