#pragma once

#include <string_view>

#include "base/vocabulary.h"

namespace clew::api {

/// RFC 3339 with up to nanoseconds. A space where '+' was sent unescaped before the zone is taken
/// (jaeger.md section 12). Only base::kUnixNanosRange. INVALID_ARGUMENT says what is wrong with the
/// text; the caller adds the parameter's name.
Result<UnixNanos> ParseRfc3339(std::string_view text);

}  // namespace clew::api
