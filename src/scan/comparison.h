#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "expr/expression.h"
#include "model/value.h"

namespace clew::scan {

/// One stored value, as a comparison sees it.
struct StoredValue {
  model::ValueType type = model::ValueType::kEmpty;
  std::string_view text{};  // as in a column: arrays and lists encoded
  std::int64_t number = 0;  // as in a column: doubles by their bits
};

/// The whole numbers from `least` to `most`; none when they are the other way round.
struct IntRange {
  std::int64_t least = 0;
  std::int64_t most = -1;
};

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

/// Whether `op` holds for two values: not when they are of kinds that do not compare, or differ and
/// have no order, like booleans, bytes, arrays and lists.
bool Holds(expr::Op op, const StoredValue& left, const StoredValue& right);

}  // namespace clew::scan
