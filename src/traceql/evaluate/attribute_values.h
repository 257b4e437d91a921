#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "model/span_columns.h"
#include "traceql/evaluate/value.h"

namespace clew::traceql::evaluate {

/// The values of one attribute by the row of whose it is (sheet 4.3): strings, numbers, bools and
/// arrays of one of these. Of several under one key the first of the least model::ValueType counts
/// that a query can see.
/// Quick where rows are asked for in their order. One thread.
class AttributeValues {
 public:
  /// One of its columns, which outlives it.
  void Add(const model::AttributeColumn& column);

  /// Nothing: the row has no such attribute. A nil: it has one that a query cannot see.
  std::optional<Value> At(std::uint32_t row);

 private:
  struct Cursor {
    const model::AttributeColumn* column;
    /// The place that was found last.
    std::size_t at = 0;
  };

  static bool Find(std::uint32_t row, Cursor* cursor);

  /// By type.
  std::vector<Cursor> cursors_;
};

}  // namespace clew::traceql::evaluate
