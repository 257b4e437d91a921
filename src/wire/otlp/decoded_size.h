#pragma once

#include <cstdint>

#include "wire/otlp/inspect.h"

namespace clew::wire::otlp {

/// No fewer bytes than decoding the request takes while it goes on, besides the body itself: the
/// columns with the slack of vectors that grow, what finds them, and texts that are cut or joined.
/// Decoding is told facts.rows().
/// `facts` are of InspectRequest with the same limits.
std::uint64_t DecodedBytesMax(const RequestFacts& facts, const DecodeLimits& limits,
                              std::size_t body_size);

/// No fewer bytes than encoding the columns of such a request takes.
std::uint64_t EncodedBytesMax(const RequestFacts& facts, std::size_t body_size);

}  // namespace clew::wire::otlp
