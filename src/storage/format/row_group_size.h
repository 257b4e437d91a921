#pragma once

#include <cstdint>

#include "model/span_columns.h"
#include "storage/format/row_group.h"

namespace clew::storage {

/// How much batches hold of what a row group takes only so much of. Sums say of several batches
/// what their row group has at most.
struct RowGroupSize {
  std::uint64_t span_count = 0;
  /// Of the largest other table, or values of the attribute that has most.
  std::uint64_t row_count = 0;
  /// Of the column that has most.
  std::uint64_t text_bytes = 0;
  /// Of attributes, by owner, key and type.
  std::uint64_t attribute_column_count = 0;
  /// What the overflow page would unpack to if it held all attributes, or less.
  std::uint64_t overflow_bytes = 0;

  static RowGroupSize Of(const model::SpanColumns& columns);
  RowGroupSize& operator+=(const RowGroupSize& other);
};

/// INVALID_ARGUMENT when a row group of this size could not be read again: names the limit. Pure.
Status CheckRowGroupSize(const RowGroupSize& size, const RowGroupLimits& limits);

}  // namespace clew::storage
