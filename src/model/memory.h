#pragma once

#include <cstdint>

#include "model/span_columns.h"

namespace clew::model {

/// Bytes of the tables of `columns` with their slack and heap blocks, without what
/// `columns.memory` keeps alive. Columns that are shared count for each that shares them.
std::uint64_t TableBytes(const SpanColumns& columns);
/// About how many bytes the columns hold, for limits: their tables, and the bytes that they keep
/// alive.
std::uint64_t MemoryOf(const SpanColumns& columns);

}  // namespace clew::model
