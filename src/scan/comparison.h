#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>

#include "expr/expression.h"
#include "model/value.h"
#include "scan/int_range.h"
#include "scan/value_order.h"

namespace clew::scan {

/// What an expression asks of a value.
struct ValueTest {
  /// Sets holds[i] to 1 when it holds for values[i], else to 0. The values are those of one column.
  std::function<void(std::span<const StoredValue> values, std::uint8_t* holds)> each{};
  /// Of whole numbers it holds for just these. Nothing: `each` is to be asked.
  std::optional<IntRange> ints{};

  bool Holds(const StoredValue& value) const {
    std::uint8_t holds = 0;
    each(std::span(&value, 1), &holds);
    return holds != 0;
  }
};

/// The test of kExists, and of what compares one reference with literals, for values of `owner`.
/// The expression outlives it.
ValueTest TestOf(const expr::Expression& comparison, model::Owner owner);

}  // namespace clew::scan
