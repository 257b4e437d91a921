#include "app/cli/arguments.h"

#include <charconv>
#include <ctime>
#include <limits>
#include <optional>
#include <string_view>

#include "app/cli/text.h"
#include "base/duration.h"
#include "base/number.h"
#include "base/unix_nanos.h"

namespace clew::app::cli {
namespace {

constexpr std::int64_t kSecond = 1'000'000'000;
constexpr int kDaysMax = 36'500;

/// Takes exactly `digits` digits off the front.
std::optional<int> TakeNumber(std::string_view& text, std::size_t digits) {
  int number = 0;
  if (text.size() < digits) {
    return std::nullopt;
  }
  const auto [end, error] = std::from_chars(text.data(), text.data() + digits, number);
  if (error != std::errc() || end != text.data() + digits || number < 0) {
    return std::nullopt;
  }
  text.remove_prefix(digits);
  return number;
}

bool Take(std::string_view& text, std::string_view any_of) {
  if (text.empty() || any_of.find(text.front()) == std::string_view::npos) {
    return false;
  }
  text.remove_prefix(1);
  return true;
}

std::optional<std::tm> TakeDate(std::string_view& text) {
  const auto year = TakeNumber(text, 4);
  if (!year || !Take(text, "-")) {
    return std::nullopt;
  }
  const auto month = TakeNumber(text, 2);
  if (!month || *month < 1 || *month > 12 || !Take(text, "-")) {
    return std::nullopt;
  }
  const auto day = TakeNumber(text, 2);
  if (!day || *day < 1 || *day > 31) {
    return std::nullopt;
  }
  std::tm parts{};
  parts.tm_year = *year - 1900;
  parts.tm_mon = *month - 1;
  parts.tm_mday = *day;
  return parts;
}

/// hh:mm[:ss[.fraction]]; gives the nanoseconds of the fraction.
std::optional<std::int64_t> TakeClock(std::string_view& text, std::tm& parts) {
  const auto hour = TakeNumber(text, 2);
  if (!hour || *hour > 23 || !Take(text, ":")) {
    return std::nullopt;
  }
  const auto minute = TakeNumber(text, 2);
  if (!minute || *minute > 59) {
    return std::nullopt;
  }
  parts.tm_hour = *hour;
  parts.tm_min = *minute;
  if (!Take(text, ":")) {
    return 0;
  }
  const auto second = TakeNumber(text, 2);
  if (!second || *second > 60) {
    return std::nullopt;
  }
  parts.tm_sec = *second;
  std::int64_t nanos = 0;
  if (Take(text, ".")) {
    for (std::int64_t unit = kSecond / 10; !text.empty() && text[0] >= '0' && text[0] <= '9';
         unit /= 10) {
      nanos += (text[0] - '0') * unit;
      text.remove_prefix(1);
    }
  }
  return nanos;
}

/// Z, +hh:mm, -hh:mm or nothing, in seconds east of UTC.
std::optional<int> TakeZone(std::string_view& text) {
  if (text.empty() || Take(text, "Zz")) {
    return 0;
  }
  const int sign = text.front() == '-' ? -1 : 1;
  if (!Take(text, "+-")) {
    return std::nullopt;
  }
  const auto hours = TakeNumber(text, 2);
  Take(text, ":");
  const auto minutes = TakeNumber(text, 2);
  if (!hours || !minutes) {
    return std::nullopt;
  }
  return sign * (*hours * 3600 + *minutes * 60);
}

struct Seconds {
  std::int64_t count = 0;
  std::int64_t fraction = 0;  // ns
};

/// Since 1970, as they are written in a date.
std::optional<Seconds> ReadDate(std::string_view text) {
  auto parts = TakeDate(text);
  if (!parts.has_value()) {
    return std::nullopt;
  }
  Seconds seconds;
  int zone = 0;
  if (Take(text, "Tt ")) {
    const auto fraction = TakeClock(text, *parts);
    const auto east = fraction.has_value() ? TakeZone(text) : std::nullopt;
    if (!east.has_value()) {
      return std::nullopt;
    }
    seconds.fraction = *fraction;
    zone = *east;
  }
  if (!text.empty()) {
    return std::nullopt;
  }
  seconds.count = timegm(&*parts) - zone;
  return seconds;
}

/// Since 1970, as a number or a date.
std::optional<Seconds> ReadSeconds(std::string_view text) {
  const auto count = base::ParseNumber<std::int64_t>(text);
  return count ? std::optional(Seconds{.count = *count}) : ReadDate(text);
}

}  // namespace

Result<Nanos> ParseSpan(const std::string& text) {
  if (text.ends_with('d')) {
    int days = 0;
    const char* end = text.data() + text.size() - 1;
    const auto [stop, error] = std::from_chars(text.data(), end, days);
    if (error == std::errc() && stop == end && days >= 0 && days <= kDaysMax) {
      return Nanos(std::chrono::hours(24) * days);
    }
    return InvalidArgument("invalid duration \"{}\": write whole days, 0d to {}d", text, kDaysMax);
  }
  ASSIGN_OR_RETURN(const Nanos duration, base::ParseDuration(text));
  if (duration < Nanos(0)) {
    return InvalidArgument("invalid duration \"{}\": it must not be negative", text);
  }
  return duration;
}

Result<UnixNanos> ParseTime(const std::string& text) {
  const auto seconds = ReadSeconds(text);
  if (!seconds) {
    return InvalidArgument("no time: \"{}\"; write 2026-11-23T04:30:12Z or seconds since 1970",
                           text);
  }
  const auto time = base::NanosSince1970(seconds->count, seconds->fraction);
  if (!time) {
    return InvalidArgument("time out of range: \"{}\"; write one from {}", text,
                           base::kUnixNanosRange);
  }
  return *time;
}

Result<TimeRange> ParseTimeRange(const std::string& since, const std::string& from,
                                 const std::string& to, UnixNanos now) {
  TimeRange range{.max = now};
  if (!to.empty()) {
    ASSIGN_OR_RETURN(range.max, ParseTime(to));
  }
  if (!from.empty()) {
    ASSIGN_OR_RETURN(range.min, ParseTime(from));
  } else {
    ASSIGN_OR_RETURN(const Nanos back, ParseSpan(since));
    if (__builtin_sub_overflow(range.max, back.count(), &range.min)) {
      range.min = std::numeric_limits<UnixNanos>::min();
    }
  }
  if (range.min >= range.max) {
    return InvalidArgument("the time range is empty: it begins at {} UTC and ends at {} UTC",
                           TimeText(range.min), TimeText(range.max));
  }
  return range;
}

Result<std::pair<std::string, std::string>> ParsePair(const std::string& option,
                                                      const std::string& text) {
  const std::size_t equals = text.find('=');
  if (equals == std::string::npos || equals == 0) {
    // Not the text itself: a header may be a token.
    return InvalidArgument("{} takes key=value: one of them has no {}", option,
                           equals == 0 ? "key in front of its \"=\"" : "\"=\"");
  }
  return std::pair(text.substr(0, equals), text.substr(equals + 1));
}

}  // namespace clew::app::cli
