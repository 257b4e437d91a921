#pragma once

#include <string_view>

#include "base/vocabulary.h"

namespace clew::net {

/// Whether a header may have this name: a token of RFC 9110, so no spaces, colons or letters beyond
/// ASCII.
bool IsHeaderName(std::string_view name);

/// OK when a header of this name and value is one header. INVALID_ARGUMENT for a name that is none
/// and for a value with line ends or other control characters, which could become headers of their
/// own; the value, which may be a secret, is not in the message.
Status CheckHeader(std::string_view name, std::string_view value);

}  // namespace clew::net
