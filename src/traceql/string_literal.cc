#include "traceql/string_literal.h"

#include <charconv>
#include <cstdint>
#include <optional>

namespace clew::traceql {
namespace {

void AppendUtf8(std::uint32_t point, std::string* text) {
  const auto add = [text](std::uint32_t byte) { *text += static_cast<char>(byte); };
  const auto add_rest = [&add](std::uint32_t bits) { add(0x80 | (bits & 0x3f)); };
  if (point < 0x80) return add(point);
  if (point < 0x800) {
    add(0xc0 | point >> 6);
  } else if (point < 0x10000) {
    add(0xe0 | point >> 12);
    add_rest(point >> 6);
  } else {
    add(0xf0 | point >> 18);
    add_rest(point >> 12);
    add_rest(point >> 6);
  }
  add_rest(point);
}

/// Exactly `count` digits to this base that `text` begins with.
std::optional<std::uint32_t> Digits(std::string_view text, std::size_t count, int base) {
  if (text.size() < count) return std::nullopt;
  std::uint32_t number = 0;
  const char* const end = text.data() + count;
  const auto [rest, error] = std::from_chars(text.data(), end, number, base);
  if (error != std::errc() || rest != end) return std::nullopt;
  return number;
}

std::optional<char> SimpleEscape(char c) {
  constexpr std::string_view kNames = "abfnrtv\\\"";
  constexpr std::string_view kValues = "\a\b\f\n\r\t\v\\\"";
  const std::size_t found = kNames.find(c);
  if (found == std::string_view::npos) return std::nullopt;
  return kValues[found];
}

/// Takes the escape that `*rest`, behind its backslash, begins with; false when it is none.
bool TakeEscape(std::string_view* rest, std::string* text) {
  if (rest->empty()) return false;
  const char name = rest->front();
  if (const auto c = SimpleEscape(name)) {
    *text += *c;
    rest->remove_prefix(1);
    return true;
  }
  if (name == 'u' || name == 'U') {
    const std::size_t count = name == 'u' ? 4 : 8;
    const auto point = Digits(rest->substr(1), count, 16);
    if (!point || *point > 0x10ffff || (*point >= 0xd800 && *point < 0xe000)) return false;
    AppendUtf8(*point, text);
    rest->remove_prefix(1 + count);
    return true;
  }
  const bool is_hex = name == 'x';
  const auto byte = is_hex ? Digits(rest->substr(1), 2, 16) : Digits(*rest, 3, 8);
  if (!byte || *byte > 0xff) return false;
  *text += static_cast<char>(*byte);
  rest->remove_prefix(3);
  return true;
}

}  // namespace

std::size_t StringLength(std::string_view text) {
  const char quote = text.front();
  for (std::size_t i = 1; i < text.size(); ++i) {
    if (text[i] == quote) return i + 1;
    if (quote == '"' && text[i] == '\n') return 0;
    if (quote == '"' && text[i] == '\\') ++i;
  }
  return 0;
}

Result<std::string> ParseString(std::string_view text) {
  const bool is_raw = text.front() == '`';
  std::string_view rest = text.substr(1, text.size() - 2);
  if (is_raw) return std::string(rest);
  std::string value;
  while (!rest.empty()) {
    const std::size_t plain = rest.find('\\');
    value += rest.substr(0, plain);
    if (plain == std::string_view::npos) break;
    rest.remove_prefix(plain + 1);
    const std::string_view escape = rest;
    if (!TakeEscape(&rest, &value)) {
      return InvalidArgument(
          "invalid escape sequence \\{} in a string: a backslash is written \\\\",
          escape.substr(0, 1));
    }
  }
  return value;
}

}  // namespace clew::traceql
