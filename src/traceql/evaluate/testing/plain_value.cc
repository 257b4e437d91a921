#include "traceql/evaluate/testing/plain_value.h"

#include <algorithm>
#include <cmath>
#include <optional>

#include "base/duration.h"
#include "expr/pattern.h"

namespace clew::traceql::evaluate::testing {
namespace {

/// Holds whole numbers and doubles alike.
using Number = long double;

Number NumberOf(const Static& value) {
  return value.type == Type::kFloat ? Number{value.real} : static_cast<Number>(value.number);
}

template <typename T>
bool HoldsFor(Op op, const T& left, const T& right) {
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

/// Nothing: they are of different types.
std::optional<bool> CompareStatics(Op op, const Static& left, const Static& right) {
  if (left.type == Type::kNil || right.type == Type::kNil) return std::nullopt;
  if (left.is_number() && right.is_number()) return HoldsFor(op, NumberOf(left), NumberOf(right));
  const bool is_code = (left.type == Type::kInt && right.type == Type::kStatus) ||
                       (left.type == Type::kStatus && right.type == Type::kInt);
  if (left.type != right.type && !is_code) return std::nullopt;
  if (left.type == Type::kString) return HoldsFor(op, left.text, right.text);
  if (op != Op::kEqual && op != Op::kNotEqual) return false;
  return HoldsFor(op, left.number, right.number);
}

}  // namespace

PlainValue SeenOf(const model::Value& value) {
  switch (value.type()) {
    case model::ValueType::kString:
      return {Static::String(std::get<std::string>(value.data))};
    case model::ValueType::kBool:
      return {Static::Bool(std::get<bool>(value.data))};
    case model::ValueType::kInt:
      return {Static::Int(std::get<std::int64_t>(value.data))};
    case model::ValueType::kDouble:
      return {Static::Float(std::get<double>(value.data))};
    case model::ValueType::kArray:
      break;
    default:
      return {};
  }
  PlainValue array;
  for (const model::Value& element : std::get<model::Value::Array>(value.data)) {
    if (element.type() == model::ValueType::kArray) return {};
    array.elements.push_back(SeenOf(element));
    const Type type = array.elements.back().value.type;
    if (type == Type::kNil || type != array.elements.front().value.type) return {};
  }
  return array.elements.size() == 1 ? PlainValue(array.elements.front()) : array;
}

PlainValue SeenOf(const model::Attributes& attributes, const std::string& key) {
  for (int type = 0; type <= static_cast<int>(model::ValueType::kKvList); ++type) {
    for (const model::KeyValue& attribute : attributes) {
      if (attribute.key != key || static_cast<int>(attribute.value.type()) != type) continue;
      PlainValue seen = SeenOf(attribute.value);
      if (!seen.is_nil()) return seen;
    }
  }
  return {};
}

Result<bool> PlainCompare(Op op, const PlainValue& left, const PlainValue& right) {
  if (left.is_array() && right.is_array()) return InvalidArgument("two arrays");
  if (!left.is_array() && !right.is_array()) {
    return CompareStatics(op, left.value, right.value).value_or(false);
  }
  const PlainValue& array = left.is_array() ? left : right;
  bool any = false;
  bool all = true;
  for (const PlainValue& element : array.elements) {
    const auto holds = left.is_array() ? CompareStatics(op, element.value, right.value)
                                       : CompareStatics(op, left.value, element.value);
    any = any || holds.value_or(false);
    all = all && holds.value_or(false);
  }
  return op == Op::kNotEqual ? all : any;
}

bool PlainMatch(Op op, const PlainValue& left, const std::string& pattern) {
  const auto compiled = expr::Pattern::CompileWhole(pattern).value();
  const auto is_string = [](const PlainValue& each) { return each.value.type == Type::kString; };
  const auto is_found = [&](const PlainValue& each) {
    return is_string(each) && compiled->IsFoundIn(each.value.text);
  };
  const std::vector<PlainValue> all = left.is_array() ? left.elements : std::vector{left};
  if (!std::ranges::all_of(all, is_string)) return false;
  return std::ranges::any_of(all, is_found) == (op == Op::kMatches);
}

Result<PlainValue> PlainCompute(Op op, const PlainValue& left, const PlainValue& right) {
  if (!left.value.is_number() || !right.value.is_number()) return PlainValue();
  const auto real = [op](double a, double b) -> double {
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
  };
  const bool are_ints = left.value.type == Type::kInt && right.value.type == Type::kInt;
  if (!are_ints) return PlainValue{Static::Float(real(left.value.AsReal(), right.value.AsReal()))};
  const std::int64_t a = left.value.number;
  const std::int64_t b = right.value.number;
  if ((op == Op::kDivide || op == Op::kModulo) && b == 0) return InvalidArgument("by zero");
  if (op == Op::kDivide) return PlainValue{Static::Int(a / b)};
  if (op == Op::kModulo) return PlainValue{Static::Int(a % b)};
  // Cases are small numbers, of which doubles are exact.
  const double number = real(static_cast<double>(a), static_cast<double>(b));
  if (op == Op::kPower && b < 0) return PlainValue{Static::Float(number)};
  if (std::fabs(number) > 0x1p53) return InvalidArgument("out of range of this evaluator");
  return PlainValue{Static::Int(static_cast<std::int64_t>(number))};
}

std::string PlainText(const PlainValue& value) {
  if (value.is_array()) {
    std::string text;
    for (const PlainValue& element : value.elements) {
      text += (text.empty() ? "[" : ", ") + Print(element.value);
    }
    return text + ']';
  }
  const double real = value.value.real;
  if (std::isnan(real)) return "NaN";
  if (std::isinf(real)) return real > 0 ? "+Inf" : "-Inf";
  return value.value.type == Type::kString ? value.value.text : Print(value.value);
}

}  // namespace clew::traceql::evaluate::testing
