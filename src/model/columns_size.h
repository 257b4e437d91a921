#pragma once

#include <cstdint>

#include "model/span_columns.h"

namespace clew::model {

/// Bytes of the vectors of `columns`, without what `columns.memory` keeps alive.
std::uint64_t TableBytes(const SpanColumns& columns);

}  // namespace clew::model
