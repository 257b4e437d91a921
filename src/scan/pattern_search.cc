#include "scan/pattern_search.h"

#include "scan/shown_text.h"
#include "wire/otlp/json_text.h"

namespace clew::scan {
namespace {

using model::ValueType;

/// Whether the pattern is found in `text` as an answer shows it.
bool IsFoundIn(std::string_view text, const expr::Pattern& pattern) {
  const bool is_shown_as_is = wire::otlp::Utf8ValidSize(text) == text.size();
  return is_shown_as_is ? pattern.IsFoundIn(text) : pattern.IsFoundIn(wire::otlp::RepairUtf8(text));
}

bool IsAscii(std::string_view text) {
  char all = 0;
  for (const char c : text) all = static_cast<char>(all | c);
  return static_cast<unsigned char>(all) < 0x80;
}

/// Looks for the pattern in texts as they are, all at once; false when they have to be looked at
/// one by one.
bool FindInTexts(std::span<const StoredValue> values, const expr::Pattern& pattern,
                 std::uint8_t* holds) {
  expr::Lines lines;
  for (const StoredValue& value : values) lines.Add(value.text);
  if (!lines.is_sound() || !IsAscii(lines.bytes())) return false;
  pattern.FindInLines(lines, holds);
  return true;
}

}  // namespace

ValueTest PatternTest(const expr::Pattern& pattern) {
  const auto each = [&pattern](std::span<const StoredValue> values, std::uint8_t* holds) {
    const bool is_text = !values.empty() && values[0].type == ValueType::kString;
    if (is_text && FindInTexts(values, pattern, holds)) return;
    for (const StoredValue& value : values) {
      *holds++ = static_cast<std::uint8_t>(value.type == ValueType::kString
                                               ? IsFoundIn(value.text, pattern)
                                               : value.type != ValueType::kEmpty &&
                                                     IsFoundIn(TextOf(value), pattern));
    }
  };
  return {.each = each};
}

}  // namespace clew::scan
