#include "base/duration.h"

#include <array>
#include <cstdint>
#include <optional>

#include "base/excerpt.h"
#include "base/number.h"

namespace clew::base {
namespace {

struct Unit {
  std::string_view name;
  std::uint64_t nanos;
};

// Longest names first: "ms" must not be taken for "m".
constexpr std::array<Unit, 8> kUnits = {{{"ns", 1},
                                         {"us", 1'000},
                                         {"\u00b5s", 1'000},
                                         {"\u03bcs", 1'000},
                                         {"ms", 1'000'000},
                                         {"s", 1'000'000'000},
                                         {"m", 60'000'000'000},
                                         {"h", 3'600'000'000'000}}};

const Unit* UnitAtStart(std::string_view text) {
  for (const Unit& unit : kUnits) {
    if (text.starts_with(unit.name)) return &unit;
  }
  return nullptr;
}

std::unexpected<Error> Malformed(std::string_view text) {
  return InvalidArgument(
      "invalid duration \"{}\": write a number with a unit, such as 500ms, 2s or "
      "1h30m",
      Excerpt(text));
}

std::unexpected<Error> TooLong(std::string_view text) {
  return InvalidArgument("duration \"{}\" is too long: the longest is about 292 years",
                         Excerpt(text));
}

std::string_view TakeDigits(std::string_view* text) {
  const std::string_view digits = text->substr(0, text->find_first_not_of("0123456789"));
  text->remove_prefix(digits.size());
  return digits;
}

// 0.digits of the unit, without what is less than a nanosecond.
std::uint64_t FractionOf(std::string_view digits, std::uint64_t unit) {
  std::uint64_t nanos = 0;
  for (auto digit = digits.rbegin(); digit != digits.rend(); ++digit) {
    nanos = (static_cast<std::uint64_t>(*digit - '0') * unit + nanos) / 10;
  }
  return nanos;
}

// The most that a duration of either sign has.
constexpr std::uint64_t kNanosMax = std::uint64_t{1} << 63;

}  // namespace

// Whole numbers throughout: a double holds no more than 104 days to the nanosecond.
Result<Nanos> ParseDuration(std::string_view text) {
  std::string_view rest = text;
  const bool is_negative = rest.starts_with('-');
  if (is_negative || rest.starts_with('+')) rest.remove_prefix(1);
  if (rest == "0") return Nanos(0);
  if (rest.empty()) return Malformed(text);
  std::uint64_t total = 0;
  while (!rest.empty()) {
    const std::string_view whole = TakeDigits(&rest);
    std::string_view fraction;
    if (rest.starts_with('.')) {
      rest.remove_prefix(1);
      fraction = TakeDigits(&rest);
    }
    const Unit* unit = UnitAtStart(rest);
    if (unit == nullptr || (whole.empty() && fraction.empty())) return Malformed(text);
    rest.remove_prefix(unit->name.size());
    const auto count =
        whole.empty() ? std::optional<std::uint64_t>(0) : ParseNumber<std::uint64_t>(whole);
    if (!count || *count > kNanosMax / unit->nanos) return TooLong(text);
    // Neither sum wraps: what is added is at most kNanosMax, and less than an hour.
    total += *count * unit->nanos;
    if (total > kNanosMax) return TooLong(text);
    total += FractionOf(fraction, unit->nanos);
    if (total > kNanosMax) return TooLong(text);
  }
  if (total == kNanosMax && !is_negative) return TooLong(text);
  return Nanos(static_cast<std::int64_t>(is_negative ? ~total + 1 : total));
}

namespace {

// The fraction without trailing zeros: 1500 of 1000 gives "1.5".
std::string Decimal(std::uint64_t value, std::uint64_t unit) {
  std::string text = std::to_string(value / unit);
  std::uint64_t rest = value % unit;
  if (rest == 0) return text;
  text.push_back('.');
  while (rest != 0) {
    rest *= 10;
    text.push_back(static_cast<char>('0' + rest / unit));
    rest %= unit;
  }
  return text;
}

}  // namespace

std::string FormatDuration(Nanos duration) {
  const std::int64_t count = duration.count();
  if (count == 0) return "0s";
  const std::string sign = count < 0 ? "-" : "";
  const std::uint64_t nanos =
      count < 0 ? ~static_cast<std::uint64_t>(count) + 1 : static_cast<std::uint64_t>(count);
  if (nanos < 1'000) return sign + std::to_string(nanos) + "ns";
  if (nanos < 1'000'000) return sign + Decimal(nanos, 1'000) + "\u00b5s";
  if (nanos < 1'000'000'000) return sign + Decimal(nanos, 1'000'000) + "ms";
  constexpr std::uint64_t kMinute = 60'000'000'000;
  constexpr std::uint64_t kHour = 60 * kMinute;
  std::string text = sign;
  if (nanos >= kHour) text += std::to_string(nanos / kHour) + "h";
  if (nanos >= kMinute) text += std::to_string(nanos % kHour / kMinute) + "m";
  return text + Decimal(nanos % kMinute, 1'000'000'000) + "s";
}

}  // namespace clew::base
