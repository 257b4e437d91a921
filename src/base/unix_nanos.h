#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "base/clock.h"

namespace clew::base {

/// The times that UnixNanos can hold, for messages.
inline constexpr std::string_view kUnixNanosRange =
    "1677-09-21T00:12:43.145224192Z to 2262-04-11T23:47:16.854775807Z";

/// `seconds` since 1970 and a `fraction` of 0 to 999,999,999 ns; nothing when it is out of range.
inline std::optional<UnixNanos> NanosSince1970(std::int64_t seconds, std::int64_t fraction) {
  constexpr std::int64_t kSecond = 1'000'000'000;
  if (seconds < 0) {
    // The first second reaches below the range as a whole, but not with its fraction.
    ++seconds;
    fraction -= kSecond;
  }
  UnixNanos time = 0;
  const bool is_over = __builtin_mul_overflow(seconds, kSecond, &time) ||
                       __builtin_add_overflow(time, fraction, &time);
  return is_over ? std::nullopt : std::optional(time);
}

}  // namespace clew::base
