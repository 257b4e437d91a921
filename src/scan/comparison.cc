#include "scan/comparison.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <compare>
#include <limits>
#include <utility>

#include "base/number.h"
#include "model/shown_keys.h"
#include "wire/otlp/json_text.h"
#include "wire/otlp/materialize.h"

namespace clew::scan {
namespace {

using expr::Expression;
using expr::Literal;
using expr::Op;
using model::Owner;
using model::ValueType;
using Order = std::optional<int>;

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

/// As it is shown.
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

/// The whole numbers that fulfil a comparison with `number`.
IntRange RangeOf(Op op, std::int64_t number) {
  constexpr std::int64_t kLowest = std::numeric_limits<std::int64_t>::min();
  constexpr std::int64_t kHighest = std::numeric_limits<std::int64_t>::max();
  switch (op) {
    case Op::kGreater:
      return number == kHighest ? IntRange() : IntRange{number + 1, kHighest};
    case Op::kGreaterOrEqual:
      return {number, kHighest};
    case Op::kLess:
      return number == kLowest ? IntRange() : IntRange{kLowest, number - 1};
    case Op::kLessOrEqual:
      return {kLowest, number};
    default:
      return {number, number};
  }
}

// ---- what is shown ----

bool IsShownAsAddress(std::string_view key, Owner owner) {
  return (owner == Owner::kSpan || owner == Owner::kResource) && model::IsAddressKey(key);
}

std::optional<std::uint32_t> ParseAddress(std::string_view text) {
  std::uint32_t address = 0;
  for (int part = 0; part < 4; ++part) {
    const std::size_t end = part == 3 ? text.size() : text.find('.');
    if (end == std::string_view::npos) return std::nullopt;
    const auto number = base::ParseNumber<std::uint8_t>(text.substr(0, end));
    if (!number) return std::nullopt;
    address = address << 8 | *number;
    text.remove_prefix(part == 3 ? end : end + 1);
  }
  return address;
}

/// A text, read once as whatever a value may be shown as.
struct ShownText {
  std::string_view text;
  std::optional<std::int64_t> integer;
  std::optional<double> real;
  std::optional<std::uint32_t> address;

  bool IsShownFor(const StoredValue& value) const {
    switch (value.type) {
      case ValueType::kEmpty:
        return text.empty();
      case ValueType::kInt:
        return integer == value.number ||
               (address && static_cast<std::uint32_t>(value.number) == *address);
      case ValueType::kDouble:
        return IsShownFor(std::bit_cast<double>(value.number));
      case ValueType::kString:
        return wire::otlp::IsShownAs(value.text, text);
      default:
        return wire::otlp::IsShownAs(TextOf(value), text);
    }
  }

  bool IsShownFor(double value) const {
    if (address) {
      return value >= 0 && value <= 4294967295.0 && static_cast<std::uint32_t>(value) == *address;
    }
    // Only what is no number has another form than the shortest.
    const bool is_number = real && !std::isnan(*real);
    return is_number ? value == *real : model::ValueToText({value}) == text;
  }
};

/// Of a test of one value.
template <typename Holds>
auto Each(Holds holds_for) {
  return
      [holds_for = std::move(holds_for)](std::span<const StoredValue> values, std::uint8_t* holds) {
        for (const StoredValue& value : values)
          *holds++ = static_cast<std::uint8_t>(holds_for(value));
      };
}

ValueTest ShownAsTest(const Expression& comparison, Owner owner) {
  const std::string_view text = comparison.literals[0].text;
  ShownText shown{
      .text = text, .integer = expr::ParseInt(text), .real = expr::ParseReal(text), .address = {}};
  if (IsShownAsAddress(comparison.references[0].key, owner)) shown.address = ParseAddress(text);
  ValueTest test;
  if (!shown.address) {
    test.ints = shown.integer ? IntRange{*shown.integer, *shown.integer} : IntRange();
  }
  test.each = Each([shown](const StoredValue& value) { return shown.IsShownFor(value); });
  return test;
}

/// Whether the pattern is found in `text` as an answer shows it.
bool IsFoundIn(std::string_view text, const expr::Pattern& pattern) {
  const bool is_shown_as_is = wire::otlp::Utf8ValidSize(text) == text.size();
  return is_shown_as_is ? pattern.IsFoundIn(text) : pattern.IsFoundIn(wire::otlp::RepairUtf8(text));
}

bool IsAscii(std::string_view text) {
  char all = 0;
  for (const char c : text) all = static_cast<char>(all | c);
  return static_cast<unsigned char>(all) < 0x80;
}

/// Looks for the pattern in texts as they are, all at once; false when they have to be looked at
/// one by one.
bool FindInTexts(std::span<const StoredValue> values, const expr::Pattern& pattern,
                 std::uint8_t* holds) {
  expr::Lines lines;
  for (const StoredValue& value : values) lines.Add(value.text);
  if (!lines.is_sound() || !IsAscii(lines.bytes())) return false;
  pattern.FindInLines(lines, holds);
  return true;
}

ValueTest PatternTest(const Expression& comparison) {
  const auto each = [&pattern = *comparison.pattern](std::span<const StoredValue> values,
                                                     std::uint8_t* holds) {
    const bool is_text = !values.empty() && values[0].type == ValueType::kString;
    if (is_text && FindInTexts(values, pattern, holds)) return;
    for (const StoredValue& value : values) {
      *holds++ = static_cast<std::uint8_t>(value.type == ValueType::kString
                                               ? IsFoundIn(value.text, pattern)
                                               : value.type != ValueType::kEmpty &&
                                                     IsFoundIn(TextOf(value), pattern));
    }
  };
  return {.each = each};
}

}  // namespace

ValueTest TestOf(const Expression& comparison, Owner owner) {
  switch (comparison.op) {
    case Op::kExists:
      return {.each = Each([](const StoredValue&) { return true; })};
    case Op::kMatches:
      return PatternTest(comparison);
    case Op::kShownAs:
      return ShownAsTest(comparison, owner);
    default:
      break;
  }
  ValueTest test;
  test.each = Each([&comparison](const StoredValue& value) {
    return std::ranges::any_of(comparison.literals, [&](const Literal& literal) {
      return Holds(comparison.op, Compare(value, literal));
    });
  });
  if (comparison.literals.size() != 1) return test;
  const Literal& literal = comparison.literals[0];
  const bool is_int = !literal.type || *literal.type == ValueType::kInt;
  if (is_int && literal.integer) test.ints = RangeOf(comparison.op, *literal.integer);
  return test;
}

bool Holds(Op op, const StoredValue& left, const StoredValue& right) {
  return Holds(op, Compare(left, right));
}

}  // namespace clew::scan
