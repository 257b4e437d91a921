#pragma once

#include <cstdint>
#include <string_view>

#include "base/vocabulary.h"
#include "model/signal.h"

namespace clew::pipeline::receiving {

/// Bytes that happen to read as unknown fields and nothing else, as some compressed ones do, must
/// not be acknowledged as an empty request: INVALID_ARGUMENT.
Status CheckHasResources(model::Signal signal, std::uint64_t resource_count, std::string_view body);

/// How many items an encoded request of a signal that nobody decodes holds. INVALID_ARGUMENT when
/// anything in it is malformed.
Result<std::uint64_t> CountItems(model::Signal signal, std::string_view body);

}  // namespace clew::pipeline::receiving
