#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "base/vocabulary.h"

namespace clew::traceql {

/// Of the string that `text` begins with, its two quotes (`"` or a back quote) with it; 0 when it
/// does not end.
std::size_t StringLength(std::string_view text);

/// What the string `text`, with its quotes, says. Between double quotes Go's escapes are read, and
/// a line does not end; between back quotes all stands for itself. INVALID_ARGUMENT for what is no
/// escape.
Result<std::string> ParseString(std::string_view text);

}  // namespace clew::traceql
