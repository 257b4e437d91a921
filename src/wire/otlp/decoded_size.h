#pragma once

#include <cstdint>
#include <string_view>

#include "wire/otlp/inspect.h"

namespace clew::wire::otlp {

/// How many attribute columns (model/span_columns.h) decoding the request would make, that is how
/// many distinct keys it has; counts no further than `count_max` + 1. `body` has passed
/// InspectRequest, which says how many attributes there are: no more columns than those, so that
/// a request of few attributes need not be counted. INVALID_ARGUMENT names the byte offset of an
/// attribute that is malformed.
Result<std::uint64_t> CountAttributeKeys(std::string_view body, const DecodeLimits& limits,
                                         std::uint64_t count_max);

/// No fewer bytes than decoding the request takes while it goes on, besides the body itself: the
/// columns with the slack of vectors that grow, what finds them, and texts that are cut or joined.
/// `facts` are of InspectRequest with the limits that decoding has; `key_count` is at least what
/// CountAttributeKeys says.
std::uint64_t DecodedBytesMax(const RequestFacts& facts, std::uint64_t key_count,
                              std::size_t body_size);

/// No fewer bytes than encoding the columns of such a request takes.
std::uint64_t EncodedBytesMax(const RequestFacts& facts, std::size_t body_size);

}  // namespace clew::wire::otlp
