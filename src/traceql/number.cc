#include "traceql/number.h"

#include <array>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <limits>
#include <optional>
#include <string>
#include <utility>

#include "base/duration.h"
#include "base/excerpt.h"
#include "base/number.h"

namespace clew::traceql {
namespace {

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

/// What can stand in a number or a unit; `µ` has bytes beyond ASCII.
bool IsInside(char c) {
  return IsDigit(c) || c == '.' || c == '_' || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
         static_cast<unsigned char>(c) >= 0x80;
}

struct Unit {
  std::string_view name;
  std::uint64_t nanos;
};

constexpr std::uint64_t kSecond = 1'000'000'000;
// In the order in which they may follow each other.
constexpr std::array<Unit, 7> kUnits = {{{"y", 365 * 24 * 3600 * kSecond},
                                         {"w", 7 * 24 * 3600 * kSecond},
                                         {"d", 24 * 3600 * kSecond},
                                         {"h", 3600 * kSecond},
                                         {"m", 60 * kSecond},
                                         {"s", kSecond},
                                         {"ms", 1'000'000}}};

/// In nanoseconds, of what is too long as many as there can be at all; nothing when it is not of
/// Prometheus' form.
std::optional<std::uint64_t> ParsePrometheusDuration(std::string_view text) {
  constexpr std::uint64_t kMax = std::numeric_limits<std::uint64_t>::max();
  std::uint64_t total = 0;
  std::size_t next_unit = 0;
  while (!text.empty()) {
    const std::string_view digits = text.substr(0, text.find_first_not_of("0123456789"));
    text.remove_prefix(digits.size());
    const std::string_view name = text.substr(0, text.find_first_of("0123456789"));
    text.remove_prefix(name.size());
    while (next_unit < kUnits.size() && kUnits[next_unit].name != name) ++next_unit;
    if (digits.empty() || next_unit == kUnits.size()) return std::nullopt;
    const std::uint64_t unit = kUnits[next_unit++].nanos;
    const std::uint64_t count = base::ParseNumber<std::uint64_t>(digits).value_or(kMax);
    total = count > (kMax - total) / unit ? kMax : total + count * unit;
  }
  return total;
}

/// As Go reads it: what is too small for a double is 0, or the least that there is.
std::optional<double> ParseReal(const std::string& text) {
  if (const auto real = base::ParseNumber<double>(text)) return real;
  char* end = nullptr;
  const double real = std::strtod(text.c_str(), &end);
  const bool is_tiny = end == text.c_str() + text.size() && std::fabs(real) < 1;
  return is_tiny ? std::optional(real) : std::nullopt;
}

}  // namespace

std::size_t NumberLength(std::string_view text) {
  std::size_t length = 0;
  bool has_letter = false;
  while (length < text.size() && IsInside(text[length])) {
    const char c = text[length++];
    const bool is_exponent = !has_letter && (c == 'e' || c == 'E') && length + 1 < text.size() &&
                             (text[length] == '-' || text[length] == '+') &&
                             IsDigit(text[length + 1]);
    if (is_exponent) ++length;
    has_letter = has_letter || (!IsDigit(c) && c != '.');
  }
  return length;
}

Result<Static> ParseNumber(std::string_view text) {
  const bool is_whole = text.find_first_not_of("0123456789") == std::string_view::npos;
  if (is_whole) {
    if (const auto number = base::ParseNumber<std::int64_t>(text)) return Static::Int(*number);
    return InvalidArgument("number {} is out of range: use at most {}", base::Excerpt(text),
                           std::numeric_limits<std::int64_t>::max());
  }
  if (text.find_first_not_of("0123456789.eE+-") == std::string_view::npos) {
    if (const auto real = ParseReal(std::string(text))) return Static::Float(*real);
    return InvalidArgument("invalid number {}", base::Excerpt(text));
  }
  const auto prometheus = ParsePrometheusDuration(text);
  if (prometheus && std::in_range<std::int64_t>(*prometheus)) {
    return Static::Duration(static_cast<std::int64_t>(*prometheus));
  }
  const Result<Nanos> go = base::ParseDuration(text);
  if (go) return Static::Duration(go->count());
  if (prometheus) {
    return InvalidArgument("duration {} is too long: the longest is about 292 years",
                           base::Excerpt(text));
  }
  return InvalidArgument(
      "invalid number or duration {}: numbers are decimal, and durations have units as in 500ms, "
      "1.5s, 1h30m or 7d",
      base::Excerpt(text));
}

}  // namespace clew::traceql
