#include "app/cli/arguments.h"

#include <charconv>
#include <ctime>
#include <optional>
#include <string_view>

#include "base/duration.h"

namespace clew::app::cli {
namespace {

constexpr std::int64_t kSecond = 1'000'000'000;
constexpr std::int64_t kSecondsMax = 9'000'000'000;
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

std::optional<UnixNanos> ReadTime(std::string_view text) {
  auto parts = TakeDate(text);
  if (!parts.has_value()) {
    return std::nullopt;
  }
  std::int64_t nanos = 0;
  int zone = 0;
  if (Take(text, "Tt ")) {
    const auto fraction = TakeClock(text, *parts);
    const auto east = fraction.has_value() ? TakeZone(text) : std::nullopt;
    if (!east.has_value()) {
      return std::nullopt;
    }
    nanos = *fraction;
    zone = *east;
  }
  const std::int64_t seconds = timegm(&*parts) - zone;
  if (!text.empty() || seconds < -kSecondsMax || seconds > kSecondsMax) {
    return std::nullopt;
  }
  return seconds * kSecond + nanos;
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
  std::int64_t seconds = 0;
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, seconds);
  if (!text.empty() && error == std::errc() && stop == end && seconds <= kSecondsMax &&
      seconds >= -kSecondsMax) {
    return seconds * kSecond;
  }
  if (const auto time = ReadTime(text); time.has_value()) {
    return *time;
  }
  return InvalidArgument("no time: \"{}\"; write 2026-11-23T04:30:12Z or seconds since 1970", text);
}

Result<std::pair<std::string, std::string>> ParsePair(const std::string& option,
                                                      const std::string& text) {
  const std::size_t equals = text.find('=');
  if (equals == std::string::npos || equals == 0) {
    return InvalidArgument("{} takes key=value, not \"{}\"", option, text);
  }
  return std::pair(text.substr(0, equals), text.substr(equals + 1));
}

}  // namespace clew::app::cli
