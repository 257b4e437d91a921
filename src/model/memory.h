#pragma once

#include <cstdint>

#include "model/span_columns.h"

namespace clew::model {

/// About how many bytes the columns hold, for limits: their vectors with the slack and the heap
/// blocks that they have, and the bytes that they keep alive.
std::uint64_t MemoryOf(const SpanColumns& columns);

}  // namespace clew::model
