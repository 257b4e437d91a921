#include "traceql/static.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstddef>
#include <limits>
#include <span>
#include <utility>

#include "base/duration.h"
#include "model/enum_words.h"

namespace clew::traceql {
namespace {

// By the codes that TraceQL gives them, which are not OTLP's.
constexpr std::array<std::string_view, 3> kStatuses = {"error", "ok", "unset"};

std::optional<std::int64_t> CodeOf(std::span<const std::string_view> words, std::string_view word) {
  const auto found = std::ranges::find(words, word);
  if (found == words.end()) return std::nullopt;
  return found - words.begin();
}

/// Shortest digits that give the same number back, and never those of a whole number.
std::string PrintReal(double real) {
  std::array<char, 64> buffer{};
  char* const begin = buffer.data();
  char* const limit = begin + buffer.size();
  std::string_view text(begin,
                        std::to_chars(begin, limit, real, std::chars_format::scientific).ptr);
  // As Go's %g: an exponent from a million on, and below a ten-thousandth.
  const std::string_view exponent_text = text.substr(text.find('e') + 1);
  int exponent = 0;
  const bool is_negative = exponent_text.starts_with('-');
  std::from_chars(exponent_text.data() + 1, exponent_text.data() + exponent_text.size(), exponent);
  if ((is_negative && exponent > 4) || (!is_negative && exponent >= 6)) return std::string(text);
  text = {begin, std::to_chars(begin, limit, real, std::chars_format::fixed).ptr};
  std::string plain(text);
  if (plain.find('.') == std::string::npos) plain += ".0";
  return plain;
}

}  // namespace

Static Static::Nil() { return {}; }
Static Static::Int(std::int64_t number) { return {.type = Type::kInt, .number = number}; }
Static Static::Float(double real) { return {.type = Type::kFloat, .real = real}; }
Static Static::String(std::string text) { return {.type = Type::kString, .text = std::move(text)}; }
Static Static::Bool(bool truth) { return {.type = Type::kBool, .number = truth ? 1 : 0}; }
Static Static::Duration(std::int64_t nanos) { return {.type = Type::kDuration, .number = nanos}; }

std::optional<Static> Static::Word(std::string_view word) {
  if (const auto code = CodeOf(kStatuses, word)) {
    return Static{.type = Type::kStatus, .number = *code};
  }
  if (const auto code = CodeOf(model::kSpanKindWords, word)) {
    return Static{.type = Type::kKind, .number = *code};
  }
  return std::nullopt;
}

double Static::AsReal() const { return type == Type::kFloat ? real : static_cast<double>(number); }

std::string_view Static::word() const {
  const auto code = static_cast<std::size_t>(number);
  return type == Type::kStatus ? kStatuses[code] : model::kSpanKindWords[code];
}

std::string Quote(std::string_view text) {
  std::string quoted = "\"";
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    if (byte == '"' || byte == '\\') {
      quoted += '\\';
      quoted += text[i];
    } else if (byte == '\n') {
      quoted += "\\n";
    } else if (byte == '\t') {
      quoted += "\\t";
    } else if (byte == '\r') {
      quoted += "\\r";
    } else if (byte < ' ' || byte == 0x7f) {
      quoted += fmt::format("\\x{:02x}", byte);
    } else {
      quoted += text[i];
    }
  }
  return quoted + '"';
}

std::string Print(const Static& value) {
  switch (value.type) {
    case Type::kInt:
      if (value.number == std::numeric_limits<std::int64_t>::min()) return "minInt";
      return std::to_string(value.number);
    case Type::kFloat:
      return PrintReal(value.real);
    case Type::kString:
      return Quote(value.text);
    case Type::kBool:
      return value.number != 0 ? "true" : "false";
    case Type::kDuration:
      return base::FormatDuration(base::Nanos(value.number));
    case Type::kStatus:
    case Type::kKind:
      return std::string(value.word());
    case Type::kNil:
    case Type::kAttribute:
      break;
  }
  return "nil";
}

}  // namespace clew::traceql
