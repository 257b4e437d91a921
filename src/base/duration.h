#pragma once

#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"

namespace clew::base {

/// Reads a duration in Go's syntax: decimals with ns, us, µs, ms, s, m or h, composite such as
/// "1h30m"; "0" needs no unit. Exact, but for what is less than a nanosecond. INVALID_ARGUMENT
/// names the text and shows a valid form.
Result<Nanos> ParseDuration(std::string_view text);

/// Writes Go's shortest exact form, e.g. "1.5s", "1m0s", "250ms", "0s".
std::string FormatDuration(Nanos duration);

}  // namespace clew::base
