#include "base/duration.h"

#include <array>
#include <charconv>
#include <cmath>
#include <limits>

#include "base/excerpt.h"

namespace clew::base {
namespace {

struct Unit {
  std::string_view name;
  double nanos;
};

// Longest names first: "ms" must not be taken for "m".
constexpr std::array<Unit, 8> kUnits = {{{"ns", 1},
                                         {"us", 1e3},
                                         {"\u00b5s", 1e3},
                                         {"\u03bcs", 1e3},
                                         {"ms", 1e6},
                                         {"s", 1e9},
                                         {"m", 60e9},
                                         {"h", 3600e9}}};

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

}  // namespace

Result<Nanos> ParseDuration(std::string_view text) {
  std::string_view rest = text;
  const bool is_negative = rest.starts_with('-');
  if (is_negative || rest.starts_with('+')) rest.remove_prefix(1);
  if (rest == "0") return Nanos(0);
  if (rest.empty()) return Malformed(text);
  double total = 0;
  while (!rest.empty()) {
    double number = 0;
    const char* end = rest.data() + rest.size();
    if (rest.front() != '.' && (rest.front() < '0' || rest.front() > '9')) return Malformed(text);
    const auto [next, error] = std::from_chars(rest.data(), end, number, std::chars_format::fixed);
    if (error != std::errc()) return Malformed(text);
    rest.remove_prefix(static_cast<std::size_t>(next - rest.data()));
    const Unit* unit = UnitAtStart(rest);
    if (unit == nullptr) return Malformed(text);
    rest.remove_prefix(unit->name.size());
    total += number * unit->nanos;
  }
  if (total >= static_cast<double>(std::numeric_limits<std::int64_t>::max())) {
    return InvalidArgument("duration \"{}\" is too long: the longest is about 292 years",
                           Excerpt(text));
  }
  const auto nanos = static_cast<std::int64_t>(std::llround(total));
  return Nanos(is_negative ? -nanos : nanos);
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
