#pragma once

#include <string>
#include <utility>

#include "base/vocabulary.h"

/// Reads what is typed after options. INVALID_ARGUMENT names the text and shows a valid one.
namespace clew::app::cli {

/// Go's durations, but no negative ones, and whole days: "90s", "1h30m", "7d".
Result<Nanos> ParseSpan(const std::string& text);

/// "2026-11-23", "2026-11-23T04:30:12Z", "2026-11-23 04:30:12.5+01:00" (UTC without a zone), or
/// seconds since 1970.
Result<UnixNanos> ParseTime(const std::string& text);

/// "key=value"; the value may hold further '='. `option` is for the message.
Result<std::pair<std::string, std::string>> ParsePair(const std::string& option,
                                                      const std::string& text);

}  // namespace clew::app::cli
