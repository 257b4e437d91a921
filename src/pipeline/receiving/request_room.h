#pragma once

#include <cstdint>
#include <string_view>

#include "base/memory_budget.h"
#include "base/vocabulary.h"

namespace clew::pipeline::receiving {

/// The most that all requests may hold of `memory` while they are handled: the last quarter is for
/// small ones that are still read (net/request_memory.h).
std::uint64_t HandlingBytesMax(const base::MemoryAccount& memory);

/// Makes `hold`, which is of `memory`, take `bytes` more before they are used: UNAVAILABLE with a
/// time to retry when there is no room now, INVALID_ARGUMENT when it could never fit, together with
/// `besides` that others hold for the same request. `what` says in the message what they are for.
Status ReserveForRequest(const base::MemoryAccount& memory, base::MemoryHold& hold,
                         std::uint64_t bytes, std::string_view what, std::uint64_t besides = 0);
/// The name under which to count a request for which it gave this error.
const char* NameOfRefusal(const Error& error);

}  // namespace clew::pipeline::receiving
