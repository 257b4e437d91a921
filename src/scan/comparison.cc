#include "scan/comparison.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "scan/shown_text.h"
#include "wire/otlp/json_text.h"

namespace clew::scan {
namespace {

using expr::Expression;
using expr::Literal;
using expr::Op;
using model::Owner;
using model::ValueType;

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
  const ShownText shown(comparison.literals[0].text, comparison.references[0].key, owner);
  ValueTest test;
  if (!shown.is_address()) {
    test.ints = shown.integer() ? IntRange{*shown.integer(), *shown.integer()} : IntRange();
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

}  // namespace clew::scan
