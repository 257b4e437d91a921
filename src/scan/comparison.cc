#include "scan/comparison.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "scan/pattern_search.h"
#include "scan/shown_text.h"

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

}  // namespace

ValueTest TestOf(const Expression& comparison, Owner owner) {
  switch (comparison.op) {
    case Op::kExists:
      return {.each = Each([](const StoredValue&) { return true; })};
    case Op::kHasArray:
      return {.each = Each([](const auto& value) { return value.type == ValueType::kArray; })};
    case Op::kMatches:
      return PatternTest(*comparison.pattern);
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
