#include "app/cli/query_place.h"

#include <charconv>
#include <cstddef>
#include <optional>

#include "app/cli/text.h"

namespace clew::app::cli {
namespace {

/// Columns that are shown in front of the place, and from it on.
constexpr std::size_t kBeforeMax = 50;
constexpr std::size_t kBehindMax = 28;

/// The number behind `name` in `text`, at least 1.
std::optional<std::size_t> NumberBehind(std::string_view name, std::string_view text) {
  const std::size_t at = text.find(name);
  if (at == std::string_view::npos) return std::nullopt;
  text.remove_prefix(at + name.size());
  std::size_t number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number > 0 ? std::optional(number) : std::nullopt;
}

/// Counted from 1; empty behind the last one.
std::string_view LineOf(std::string_view text, std::size_t number) {
  for (; number > 1; --number) {
    const std::size_t end = text.find('\n');
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
  return text.substr(0, text.find('\n'));
}

/// How many bytes the first `count` characters of `line` have.
std::size_t BytesOf(std::string_view line, std::size_t count) {
  std::size_t bytes = 0;
  while (bytes < line.size()) {
    const bool is_first = (static_cast<unsigned char>(line[bytes]) & 0xC0) != 0x80;
    if (is_first && count-- == 0) break;
    ++bytes;
  }
  return bytes;
}

/// The last part of `text`, in at most kBeforeMax columns.
std::string EndOf(std::string text) {
  if (TextWidth(text) <= kBeforeMax) return text;
  while (TextWidth(text) >= kBeforeMax) text.erase(0, BytesOf(text, 1));
  return "…" + text;
}

}  // namespace

std::string ShowPlace(std::string_view query, std::string_view message) {
  const auto line_number = NumberBehind(" at line ", message);
  const auto column = NumberBehind(", col ", message);
  if (!line_number || !column) return {};
  const std::string_view line = LineOf(query, *line_number);
  const std::size_t place = BytesOf(line, *column - 1);
  const std::string before = EndOf(SafeText(line.substr(0, place)));
  std::string behind = SafeText(line.substr(place));
  if (TextWidth(behind) > kBehindMax) behind = Fit(behind, kBehindMax);
  return "  " + before + behind + "\n  " + std::string(TextWidth(before), ' ') + "^\n";
}

}  // namespace clew::app::cli
