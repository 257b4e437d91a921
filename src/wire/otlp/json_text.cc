#include "wire/otlp/json_text.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <iterator>
#include <limits>

namespace clew::wire::otlp {
namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";
constexpr std::uint32_t kReplacementRune = 0xFFFD;

std::uint8_t Octet(char c) { return static_cast<std::uint8_t>(c); }

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

/// Value of a hex digit, or -1.
int HexValue(char c) {
  if (IsDigit(c)) return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

struct Sequence {
  std::size_t size;  // of the rune, or of the maximal malformed part; at least 1
  bool is_valid;
};

/// Looks at the first rune of `text`, which is not empty (Unicode standard, table 3-7).
Sequence FirstRune(std::string_view text) {
  const std::uint8_t lead = Octet(text[0]);
  if (lead < 0x80) return {1, true};
  if (lead < 0xC2 || lead > 0xF4) return {1, false};
  const std::size_t size = lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
  std::uint8_t low = 0x80;
  std::uint8_t high = 0xBF;
  if (lead == 0xE0) low = 0xA0;
  if (lead == 0xED) high = 0x9F;
  if (lead == 0xF0) low = 0x90;
  if (lead == 0xF4) high = 0x8F;
  for (std::size_t i = 1; i < size; ++i) {
    if (i == text.size() || Octet(text[i]) < low || Octet(text[i]) > high) return {i, false};
    low = 0x80;
    high = 0xBF;
  }
  return {size, true};
}

void AppendRune(std::uint32_t rune, std::string& out) {
  if (rune < 0x80) {
    out += static_cast<char>(rune);
  } else if (rune < 0x800) {
    out += static_cast<char>(0xC0 | rune >> 6);
    out += static_cast<char>(0x80 | (rune & 0x3F));
  } else if (rune < 0x10000) {
    out += static_cast<char>(0xE0 | rune >> 12);
    out += static_cast<char>(0x80 | (rune >> 6 & 0x3F));
    out += static_cast<char>(0x80 | (rune & 0x3F));
  } else {
    out += static_cast<char>(0xF0 | rune >> 18);
    out += static_cast<char>(0x80 | (rune >> 12 & 0x3F));
    out += static_cast<char>(0x80 | (rune >> 6 & 0x3F));
    out += static_cast<char>(0x80 | (rune & 0x3F));
  }
}

/// The four digits that `text` starts with.
std::optional<std::uint32_t> HexQuad(std::string_view text) {
  if (text.size() < 4) return std::nullopt;
  std::uint32_t value = 0;
  for (std::size_t i = 0; i < 4; ++i) {
    const int digit = HexValue(text[i]);
    if (digit < 0) return std::nullopt;
    value = value << 4 | static_cast<std::uint32_t>(digit);
  }
  return value;
}

/// Appends the rune of the \u escape whose digits `text` starts with; gives the bytes it took,
/// 0 when it is malformed.
std::size_t AppendUnicodeEscape(std::string_view text, std::string& out) {
  const auto first = HexQuad(text);
  if (!first) return 0;
  if (*first < 0xD800 || *first > 0xDFFF) {
    AppendRune(*first, out);
    return 4;
  }
  if (*first < 0xDC00 && text.substr(4).starts_with("\\u")) {
    const auto second = HexQuad(text.substr(6));
    if (second && *second >= 0xDC00 && *second <= 0xDFFF) {
      AppendRune(0x10000 + ((*first - 0xD800) << 10) + (*second - 0xDC00), out);
      return 10;
    }
  }
  AppendRune(kReplacementRune, out);
  return 4;
}

/// A number of JSON as 0.<digits> times ten to the power of `exponent`.
struct Decimal {
  bool is_negative = false;
  std::string digits;  // neither begins nor ends with a zero; empty: zero
  std::int64_t exponent = 0;
};

/// `text` follows IsJsonNumber.
Decimal ReadDecimal(std::string_view text) {
  Decimal number;
  number.is_negative = text.starts_with('-');
  if (number.is_negative) text.remove_prefix(1);
  const std::size_t e = std::min(text.find_first_of("eE"), text.size());
  const std::size_t point = std::min(text.substr(0, e).find('.'), e);
  number.digits = text.substr(0, point);
  number.exponent = static_cast<std::int64_t>(point);
  if (point < e) number.digits += text.substr(point + 1, e - point - 1);
  const std::size_t leading = std::min(number.digits.find_first_not_of('0'), number.digits.size());
  number.digits.erase(0, leading);
  number.digits.resize(number.digits.find_last_not_of('0') + 1);
  number.exponent -= static_cast<std::int64_t>(leading);
  if (e == text.size()) return number;
  std::string_view power = text.substr(e + 1);
  if (power.starts_with('+')) power.remove_prefix(1);
  // Beyond all that a body has room to balance.
  constexpr std::int64_t kHuge = std::int64_t{1} << 40;
  std::int64_t value = power.starts_with('-') ? -kHuge : kHuge;
  std::from_chars(power.data(), power.data() + power.size(), value);
  number.exponent += std::clamp(value, -kHuge, kHuge);
  return number;
}

/// The whole number that a decimal text stands for, when it is one: exactly, since a double would
/// round it.
template <typename T>
std::optional<T> ParseInteger(std::string_view text) {
  T value{};
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  if (error == std::errc() && stop == end) return value;
  if (!IsJsonNumber(text)) return std::nullopt;
  const Decimal number = ReadDecimal(text);
  if (number.digits.empty()) return T{0};
  constexpr std::int64_t kDigitsMax = std::numeric_limits<T>::digits10 + 1;
  if (number.exponent < std::ssize(number.digits) || number.exponent > kDigitsMax) {
    return std::nullopt;
  }
  std::string whole = (number.is_negative ? "-" : "") + number.digits;
  whole.append(static_cast<std::size_t>(number.exponent) - number.digits.size(), '0');
  const char* const whole_end = whole.data() + whole.size();
  const auto [whole_stop, whole_error] = std::from_chars(whole.data(), whole_end, value);
  if (whole_error != std::errc() || whole_stop != whole_end) return std::nullopt;
  return value;
}

}  // namespace

bool IsShownAs(std::string_view stored, std::string_view asked) {
  if (stored == asked) return true;
  // Only a text with a replacement can stand for another.
  return asked.find(kReplacement) != std::string_view::npos &&
         Utf8ValidSize(stored) != stored.size() && RepairUtf8(stored) == asked;
}

std::size_t Utf8ValidSize(std::string_view text) {
  std::size_t i = 0;
  while (i < text.size()) {
    const Sequence sequence = FirstRune(text.substr(i));
    if (!sequence.is_valid) return i;
    i += sequence.size;
  }
  return i;
}

std::string RepairUtf8(std::string_view text) {
  std::string repaired;
  repaired.reserve(text.size() + 8);
  while (!text.empty()) {
    const Sequence sequence = FirstRune(text);
    repaired += sequence.is_valid ? text.substr(0, sequence.size) : kReplacement;
    text.remove_prefix(sequence.size);
  }
  return repaired;
}

bool AppendUnescaped(std::string_view text, std::string& out) {
  while (true) {
    const std::size_t stop = text.find_first_of("\"\\");
    if (stop == std::string_view::npos) return false;
    out += text.substr(0, stop);
    if (text[stop] == '"') return true;
    text.remove_prefix(stop + 1);
    if (text.empty()) return false;
    const char kind = text[0];
    text.remove_prefix(1);
    if (kind == 'u') {
      const std::size_t taken = AppendUnicodeEscape(text, out);
      if (taken == 0) return false;
      text.remove_prefix(taken);
      continue;
    }
    static constexpr std::string_view kKinds = "\"\\/bfnrt";
    static constexpr std::string_view kMeanings = "\"\\/\b\f\n\r\t";
    const std::size_t index = kKinds.find(kind);
    if (index == std::string_view::npos) return false;
    out += kMeanings[index];
  }
}

bool IsJsonNumber(std::string_view text) {
  const auto take_digits = [&text] {
    std::size_t count = 0;
    while (count < text.size() && IsDigit(text[count])) ++count;
    text.remove_prefix(count);
    return count;
  };
  if (text.starts_with('-')) text.remove_prefix(1);
  const bool has_leading_zero = text.starts_with('0');
  const std::size_t whole_count = take_digits();
  if (whole_count == 0 || (has_leading_zero && whole_count > 1)) return false;
  if (text.starts_with('.')) {
    text.remove_prefix(1);
    if (take_digits() == 0) return false;
  }
  if (text.starts_with('e') || text.starts_with('E')) {
    text.remove_prefix(1);
    if (text.starts_with('+') || text.starts_with('-')) text.remove_prefix(1);
    if (take_digits() == 0) return false;
  }
  return text.empty();
}

std::optional<std::int64_t> ParseInt64(std::string_view text) {
  return ParseInteger<std::int64_t>(text);
}

std::optional<std::uint64_t> ParseUint64(std::string_view text) {
  return ParseInteger<std::uint64_t>(text);
}

std::optional<double> ParseDouble(std::string_view text) {
  if (text == "NaN") return std::numeric_limits<double>::quiet_NaN();
  if (text == "Infinity") return std::numeric_limits<double>::infinity();
  if (text == "-Infinity") return -std::numeric_limits<double>::infinity();
  if (!IsJsonNumber(text)) return std::nullopt;
  double value = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  if (error == std::errc() && stop == end) return value;
  // Out of range: what is too small for a double is zero, what is too large is refused.
  const Decimal number = ReadDecimal(text);
  if (number.exponent > 0) return std::nullopt;
  return number.is_negative ? -0.0 : 0.0;
}

bool AppendHexDecoded(std::string_view text, std::string& out) {
  if (text.size() % 2 != 0) return false;
  for (std::size_t i = 0; i < text.size(); i += 2) {
    const int high = HexValue(text[i]);
    const int low = HexValue(text[i + 1]);
    if (high < 0 || low < 0) return false;
    out += static_cast<char>(high << 4 | low);
  }
  return true;
}

std::string HexEncode(std::string_view bytes) {
  static constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  text.reserve(bytes.size() * 2);
  for (const char c : bytes) {
    text += kDigits[Octet(c) >> 4];
    text += kDigits[Octet(c) & 0xF];
  }
  return text;
}

}  // namespace clew::wire::otlp
