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

/// Both inclusive.
struct TimeRange {
  UnixNanos min = 0;
  UnixNanos max = 0;
};

/// From `from`, or else as long before the end as `since` says, to `to`, or else `now`. What is
/// empty is left out; `since` is not. INVALID_ARGUMENT when it is empty, too.
Result<TimeRange> ParseTimeRange(const std::string& since, const std::string& from,
                                 const std::string& to, UnixNanos now);

/// "key=value"; the value may hold further '='. `option` is for the message.
Result<std::pair<std::string, std::string>> ParsePair(const std::string& option,
                                                      const std::string& text);

}  // namespace clew::app::cli
