#include "traceql/evaluate/value.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <compare>
#include <cstring>
#include <limits>
#include <optional>

#include "base/duration.h"
#include "base/hash.h"
#include "traceql/evaluate/array_value.h"

namespace clew::traceql::evaluate {
namespace {

using Kind = Value::Kind;

/// The digits of an id, on the stack.
class IdDigits {
 public:
  explicit IdDigits(std::string_view octets) {
    if (std::ranges::all_of(octets, [](char octet) { return octet == 0; })) return;
    constexpr std::string_view kDigits = "0123456789abcdef";
    for (const char each : octets.substr(0, digits_.size() / 2)) {
      const auto octet = static_cast<std::uint8_t>(each);
      digits_[size_++] = kDigits[octet >> 4];
      digits_[size_++] = kDigits[octet & 15];
    }
  }
  std::string_view view() const { return {digits_.data(), size_}; }

 private:
  std::array<char, 2 * sizeof(TraceId)> digits_;
  std::size_t size_ = 0;
};

std::partial_ordering Order(std::string_view left, std::string_view right) {
  return left.compare(right) <=> 0;
}

/// Exact, where a double cannot hold the whole number.
std::partial_ordering Order(std::int64_t left, double right) {
  constexpr double kAboveInts = 9223372036854775808.0;
  if (std::isnan(right)) return std::partial_ordering::unordered;
  if (right >= kAboveInts) return std::partial_ordering::less;
  if (right < -kAboveInts) return std::partial_ordering::greater;
  const double whole = std::floor(right);
  const auto order = left <=> static_cast<std::int64_t>(whole);
  return order == 0 && whole < right ? std::partial_ordering::less : std::partial_ordering(order);
}

std::partial_ordering OrderOfNumbers(const Value& left, const Value& right) {
  const bool is_left_real = left.kind == Kind::kFloat;
  const bool is_right_real = right.kind == Kind::kFloat;
  if (is_left_real && is_right_real) return left.real <=> right.real;
  if (is_right_real) return Order(left.number, right.real);
  if (is_left_real) return 0 <=> Order(right.number, left.real);
  return left.number <=> right.number;
}

bool IsText(const Value& value) { return value.kind == Kind::kString || value.kind == Kind::kId; }

std::partial_ordering OrderOfTexts(const Value& left, const Value& right) {
  if (left.kind == right.kind) return Order(left.text, right.text);
  if (left.kind == Kind::kId) return Order(IdDigits(left.text).view(), right.text);
  return Order(left.text, IdDigits(right.text).view());
}

/// What a comparison can say of two values that are no arrays; nothing when their types differ.
struct Comparable {
  std::partial_ordering order = std::partial_ordering::unordered;
  bool has_order = false;
};
std::optional<Comparable> OrderOf(const Value& left, const Value& right) {
  if (left.is_number() && right.is_number()) return Comparable{OrderOfNumbers(left, right), true};
  if (IsText(left) && IsText(right)) return Comparable{OrderOfTexts(left, right), true};
  // A whole number can be the code of a status.
  const bool is_code = (left.kind == Kind::kInt && right.kind == Kind::kStatus) ||
                       (left.kind == Kind::kStatus && right.kind == Kind::kInt);
  if (left.is_nil() || (left.kind != right.kind && !is_code)) return std::nullopt;
  return Comparable{left.number <=> right.number, false};
}

bool Holds(Op op, const Comparable& compared) {
  if (op == Op::kEqual) return compared.order == 0;
  if (op == Op::kNotEqual) return compared.order != 0;
  if (!compared.has_order) return false;
  switch (op) {
    case Op::kGreater:
      return compared.order > 0;
    case Op::kGreaterOrEqual:
      return compared.order >= 0;
    case Op::kLess:
      return compared.order < 0;
    default:
      return compared.order <= 0;
  }
}

bool CompareScalars(Op op, const Value& left, const Value& right) {
  const auto compared = OrderOf(left, right);
  return compared && Holds(op, *compared);
}

bool CompareWithArray(Op op, const Value& left, const Value& right) {
  const bool is_left_array = left.kind == Kind::kArray;
  const Value& array = is_left_array ? left : right;
  bool is_comparable = false;
  const bool any = AnyElement(array.text, [&](const Value& element) {
    const auto compared = is_left_array ? OrderOf(element, right) : OrderOf(left, element);
    is_comparable = compared.has_value();
    // Elements are of one type.
    if (!is_comparable) return true;
    return Holds(op == Op::kNotEqual ? Op::kEqual : op, *compared);
  });
  return is_comparable && any != (op == Op::kNotEqual);
}

// As Go's integers do, these wrap around.
std::int64_t Wrapped(std::uint64_t number) { return static_cast<std::int64_t>(number); }
std::uint64_t Bits(std::int64_t number) { return static_cast<std::uint64_t>(number); }

std::int64_t WholePower(std::int64_t base, std::int64_t exponent) {
  std::uint64_t result = 1;
  std::uint64_t factor = Bits(base);
  for (; exponent > 0; exponent >>= 1) {
    if ((exponent & 1) != 0) result *= factor;
    factor *= factor;
  }
  return Wrapped(result);
}

Result<Value> ComputeWhole(Op op, std::int64_t left, std::int64_t right) {
  switch (op) {
    case Op::kAdd:
      return Value::Int(Wrapped(Bits(left) + Bits(right)));
    case Op::kSubtract:
      return Value::Int(Wrapped(Bits(left) - Bits(right)));
    case Op::kMultiply:
      return Value::Int(Wrapped(Bits(left) * Bits(right)));
    case Op::kDivide:
      if (right == 0) return InvalidArgument("division by zero");
      return Value::Int(right == -1 ? Wrapped(0 - Bits(left)) : left / right);
    case Op::kModulo:
      if (right == 0) return InvalidArgument("modulo by zero");
      return Value::Int(right == -1 ? 0 : left % right);
    default:
      if (right >= 0) return Value::Int(WholePower(left, right));
      return Value::Float(std::pow(static_cast<double>(left), static_cast<double>(right)));
  }
}

double ComputeReal(Op op, double left, double right) {
  switch (op) {
    case Op::kAdd:
      return left + right;
    case Op::kSubtract:
      return left - right;
    case Op::kMultiply:
      return left * right;
    case Op::kDivide:
      return left / right;
    case Op::kModulo:
      return std::fmod(left, right);
    default:
      return std::pow(left, right);
  }
}

/// So that both zeros are one, and all that is no number.
std::uint64_t BitsOf(double real) {
  if (real == 0) return 0;
  if (std::isnan(real))
    return std::bit_cast<std::uint64_t>(std::numeric_limits<double>::quiet_NaN());
  return std::bit_cast<std::uint64_t>(real);
}

std::string ArrayText(std::string_view encoded) {
  std::string text = "[";
  AnyElement(encoded, [&text](const Value& element) {
    if (text.size() > 1) text += ", ";
    text += element.kind == Kind::kString ? Quote(element.text) : ToText(element);
    return false;
  });
  return text + ']';
}

}  // namespace

Value Value::Of(const Static& value) {
  switch (value.type) {
    case Type::kInt:
      return Int(value.number);
    case Type::kFloat:
      return Float(value.real);
    case Type::kString:
      return String(value.text);
    case Type::kBool:
      return Bool(value.number != 0);
    case Type::kDuration:
      return Duration(value.number);
    case Type::kStatus:
      return {.kind = Kind::kStatus, .number = value.number};
    case Type::kKind:
      return {.kind = Kind::kKind, .number = value.number};
    case Type::kNil:
    case Type::kAttribute:
      break;
  }
  return {};
}

std::string_view NameOf(Kind kind) {
  constexpr std::array<std::string_view, 10> kNames = {
      "nil", "int", "float", "string", "bool", "duration", "status", "kind", "string", "array"};
  return kNames[static_cast<std::size_t>(kind)];
}

Result<bool> Compare(Op op, const Value& left, const Value& right) {
  const bool is_left_array = left.kind == Kind::kArray;
  const bool is_right_array = right.kind == Kind::kArray;
  if (is_left_array && is_right_array) {
    return InvalidArgument("arrays cannot be compared with each other, compare with one value");
  }
  if (is_left_array || is_right_array) return CompareWithArray(op, left, right);
  return CompareScalars(op, left, right);
}

Result<Value> Compute(Op op, const Value& left, const Value& right) {
  if (!left.is_number() || !right.is_number()) return Value();
  if (left.kind == Kind::kInt && right.kind == Kind::kInt) {
    return ComputeWhole(op, left.number, right.number);
  }
  return Value::Float(ComputeReal(op, left.AsReal(), right.AsReal()));
}

bool IsSame(const Value& left, const Value& right) {
  return left.kind == right.kind && left.number == right.number && left.text == right.text &&
         BitsOf(left.real) == BitsOf(right.real);
}

std::size_t HashOfValue::operator()(const Value& value) const {
  const std::uint64_t seed = BitsOf(value.real) ^ Bits(value.number) * 0x9E3779B97F4A7C15ULL;
  return base::Hash64(value.text, seed + static_cast<std::uint64_t>(value.kind));
}

std::string ToText(const Value& value) {
  switch (value.kind) {
    case Kind::kNil:
      return "nil";
    case Kind::kString:
      return std::string(value.text);
    case Kind::kId:
      return std::string(IdDigits(value.text).view());
    case Kind::kArray:
      return ArrayText(value.text);
    case Kind::kInt:
      return std::to_string(value.number);
    case Kind::kFloat:
      if (std::isnan(value.real)) return "NaN";
      if (std::isinf(value.real)) return value.real > 0 ? "+Inf" : "-Inf";
      return Print(Static::Float(value.real));
    case Kind::kBool:
      return value.number != 0 ? "true" : "false";
    case Kind::kDuration:
      return base::FormatDuration(Nanos(value.number));
    case Kind::kStatus:
      return std::string(Static{.type = Type::kStatus, .number = value.number}.word());
    case Kind::kKind:
      break;
  }
  return std::string(Static{.type = Type::kKind, .number = value.number}.word());
}

}  // namespace clew::traceql::evaluate
