#pragma once

#include <cstdint>
#include <optional>
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

/// As an answer shows it.
std::string TextOf(const StoredValue& value);

/// Below 0, 0 or above it; nothing for values that do not compare, or differ and have no order,
/// like booleans, bytes, arrays and lists.
using Order = std::optional<int>;
Order Compare(const StoredValue& left, const StoredValue& right);
/// Whole numbers and doubles compare exactly.
Order Compare(const StoredValue& value, const expr::Literal& literal);

/// Whether `op`, which compares, holds for values in this order.
bool Holds(expr::Op op, Order order);
inline bool Holds(expr::Op op, const StoredValue& left, const StoredValue& right) {
  return Holds(op, Compare(left, right));
}

}  // namespace clew::scan
