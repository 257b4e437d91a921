#pragma once

#include <cstddef>
#include <vector>

#include "model/batch.h"
#include "wire/otlp/signal_shape.h"

namespace clew::wire::otlp {

/// Cuts requests, taken as if concatenated, into such of at most `item_count_max` items (> 0), all
/// but the last as full as can be; one when the shape says that they go whole. None when there are
/// no items. INVALID_ARGUMENT when they are malformed.
Result<std::vector<model::CountedRequest>> SplitRequests(const SignalShape& shape,
                                                         const std::vector<Bytes>& pieces,
                                                         std::size_t item_count_max);

}  // namespace clew::wire::otlp
