#include "api/rfc3339.h"

#include <chrono>
#include <cstdint>
#include <optional>

#include "base/excerpt.h"
#include "base/unix_nanos.h"

namespace clew::api {
namespace {

/// Reads fixed-width numbers and separators from the front of a text.
class Cursor {
 public:
  explicit Cursor(std::string_view text) : rest_(text) {}

  /// -1 when the next `width` characters are not digits.
  int Digits(std::size_t width) {
    int number = 0;
    if (rest_.size() < width) {
      return -1;
    }
    for (const char c : rest_.substr(0, width)) {
      if (c < '0' || c > '9') {
        return -1;
      }
      number = number * 10 + (c - '0');
    }
    rest_.remove_prefix(width);
    return number;
  }
  bool Take(std::string_view any_of) {
    if (rest_.empty() || any_of.find(rest_.front()) == std::string_view::npos) {
      return false;
    }
    taken_ = rest_.front();
    rest_.remove_prefix(1);
    return true;
  }
  char taken() const { return taken_; }
  bool is_at_end() const { return rest_.empty(); }
  /// Nanoseconds of a fraction; digits beyond the ninth are cut. -1 when there is no digit.
  std::int64_t Fraction() {
    std::int64_t nanos = 0;
    std::size_t count = 0;
    while (!rest_.empty() && rest_.front() >= '0' && rest_.front() <= '9') {
      if (count < 9) {
        nanos = nanos * 10 + (rest_.front() - '0');
      }
      ++count;
      rest_.remove_prefix(1);
    }
    for (std::size_t i = count; i < 9; ++i) {
      nanos *= 10;
    }
    return count == 0 ? -1 : nanos;
  }

 private:
  std::string_view rest_;
  char taken_ = '\0';
};

/// Seconds east of UTC, or nothing.
std::optional<int> ParseZone(Cursor* cursor) {
  if (cursor->Take("Zz")) {
    return 0;
  }
  if (!cursor->Take("+- ")) {
    return std::nullopt;
  }
  const int sign = cursor->taken() == '-' ? -1 : 1;
  const int hours = cursor->Digits(2);
  const bool has_colon = cursor->Take(":");
  const int minutes = cursor->Digits(2);
  if (hours < 0 || hours > 23 || !has_colon || minutes < 0 || minutes > 59) {
    return std::nullopt;
  }
  return sign * (hours * 3600 + minutes * 60);
}

/// Seconds since 1970 of date and time of day, or nothing.
std::optional<std::int64_t> ParseDateTime(Cursor* cursor) {
  const int year = cursor->Digits(4);
  bool is_valid = year >= 0 && cursor->Take("-");
  const int month = cursor->Digits(2);
  is_valid = is_valid && month > 0 && cursor->Take("-");
  const int day = cursor->Digits(2);
  is_valid = is_valid && day > 0 && cursor->Take("Tt");
  const int hour = cursor->Digits(2);
  is_valid = is_valid && hour >= 0 && hour < 24 && cursor->Take(":");
  const int minute = cursor->Digits(2);
  is_valid = is_valid && minute >= 0 && minute < 60 && cursor->Take(":");
  const int second = cursor->Digits(2);
  if (!is_valid || second < 0 || second > 59) {
    return std::nullopt;
  }
  const std::chrono::year_month_day date(std::chrono::year(year),
                                         std::chrono::month(static_cast<unsigned>(month)),
                                         std::chrono::day(static_cast<unsigned>(day)));
  if (!date.ok()) {
    return std::nullopt;
  }
  const auto days = std::chrono::sys_days(date).time_since_epoch().count();
  return ((std::int64_t{days} * 24 + hour) * 60 + minute) * 60 + second;
}

}  // namespace

Result<UnixNanos> ParseRfc3339(std::string_view text) {
  Cursor cursor(text);
  const auto seconds = ParseDateTime(&cursor);
  const std::int64_t fraction = seconds && cursor.Take(".,") ? cursor.Fraction() : 0;
  const auto zone = seconds && fraction >= 0 ? ParseZone(&cursor) : std::nullopt;
  if (!zone || !cursor.is_at_end()) {
    return base::InvalidArgument(
        "\"{}\" is not a time in RFC 3339, write it like 2024-01-31T12:00:00.5Z",
        base::Excerpt(text));
  }
  const auto time = base::NanosSince1970(*seconds - *zone, fraction);
  if (!time) {
    return base::InvalidArgument("\"{}\" lies outside of {}", base::Excerpt(text),
                                 base::kUnixNanosRange);
  }
  return *time;
}

}  // namespace clew::api
