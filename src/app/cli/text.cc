#include "app/cli/text.h"

#include <fmt/chrono.h>
#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <ctime>
#include <span>
#include <utility>

namespace clew::app::cli {
namespace {

bool IsContinuation(char byte) { return (static_cast<unsigned char>(byte) & 0xC0) == 0x80; }

/// Length of the well-formed UTF-8 sequence at `text`'s beginning, 0 when there is none.
std::size_t SequenceLength(std::string_view text) {
  const auto lead = static_cast<unsigned char>(text[0]);
  const std::size_t length = lead < 0x80                     ? 1
                             : (lead >= 0xC2 && lead < 0xE0) ? 2
                             : (lead >= 0xE0 && lead < 0xF0) ? 3
                             : (lead >= 0xF0 && lead < 0xF5) ? 4
                                                             : 0;
  if (length == 0 || text.size() < length) {
    return 0;
  }
  for (std::size_t i = 1; i < length; ++i) {
    if (!IsContinuation(text[i])) {
      return 0;
    }
  }
  return length;
}

/// First and last code point.
using Range = std::pair<char32_t, char32_t>;

/// C0, DEL and C1 steer terminals; line separators and marks of direction rearrange the line.
constexpr Range kControls[] = {
    {0x00, 0x1F}, {0x7F, 0x9F}, {0x200E, 0x200F}, {0x2028, 0x202E}, {0x2066, 0x2069}};
/// What terminals draw over the letter before it: combining marks, joiners, variation selectors.
constexpr Range kJoining[] = {{0x0300, 0x036F}, {0x0483, 0x0489},  {0x0591, 0x05BD},
                              {0x064B, 0x065F}, {0x0E34, 0x0E3A},  {0x0E47, 0x0E4E},
                              {0x200B, 0x200D}, {0x20D0, 0x20F0},  {0xFE00, 0xFE0F},
                              {0xFEFF, 0xFEFF}, {0xE0100, 0xE01EF}};
/// What they draw in two columns (Unicode's East Asian width W and F).
constexpr Range kWide[] = {
    {0x1100, 0x115F},   {0x2E80, 0x303E},   {0x3041, 0x33FF},   {0x3400, 0x4DBF},
    {0x4E00, 0x9FFF},   {0xA000, 0xA4CF},   {0xA960, 0xA97F},   {0xAC00, 0xD7A3},
    {0xF900, 0xFAFF},   {0xFE30, 0xFE6F},   {0xFF00, 0xFF60},   {0xFFE0, 0xFFE6},
    {0x1F300, 0x1F64F}, {0x1F680, 0x1F6FF}, {0x1F900, 0x1FAFF}, {0x20000, 0x3FFFD}};

bool IsIn(std::span<const Range> ranges, char32_t point) {
  return std::ranges::any_of(ranges, [point](const Range& range) {
    return range.first <= point && point <= range.second;
  });
}

/// A code point at the beginning of a text.
struct Letter {
  char32_t point = '?';
  /// In bytes, at least 1.
  std::size_t length = 1;
  bool is_valid = false;

  std::size_t columns() const {
    if (point < 0x300) {
      return 1;
    }
    return IsIn(kJoining, point) ? 0 : IsIn(kWide, point) ? 2 : 1;
  }
};

/// `text` is not empty.
Letter FirstLetter(std::string_view text) {
  const std::size_t length = SequenceLength(text);
  if (length == 0) {
    return {};
  }
  const auto lead = static_cast<unsigned char>(text[0]);
  char32_t point = length == 1 ? lead : lead & (0xFFu >> (length + 1));
  for (std::size_t i = 1; i < length; ++i) {
    point = (point << 6) | (static_cast<unsigned char>(text[i]) & 0x3Fu);
  }
  return {.point = point, .length = length, .is_valid = true};
}

/// `kept`: the control characters that stay.
std::string MadeSafe(std::string_view text, std::string_view kept) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const Letter letter = FirstLetter(text);
    if (!letter.is_valid ||
        (IsIn(kControls, letter.point) && kept.find(text.front()) == std::string_view::npos)) {
      out += '?';
    } else {
      out.append(text.substr(0, letter.length));
    }
    text.remove_prefix(letter.length);
  }
  return out;
}

std::string ThreeDigits(double value, std::string_view unit) {
  const int decimals = value < 9.995 ? 2 : value < 99.95 ? 1 : 0;
  std::string text = fmt::format("{:.{}f}", value, decimals);
  if (decimals > 0) {
    text.erase(text.find_last_not_of('0') + 1);
    if (text.ends_with('.')) {
      text.pop_back();
    }
  }
  return fmt::format("{}{}", text, unit);
}

}  // namespace

std::string SafeText(std::string_view text) { return MadeSafe(text, {}); }

std::string SafeLines(std::string_view text) { return MadeSafe(text, "\n\t"); }

std::size_t TextWidth(std::string_view text) {
  std::size_t width = 0;
  while (!text.empty()) {
    const Letter letter = FirstLetter(text);
    width += letter.columns();
    text.remove_prefix(letter.length);
  }
  return width;
}

std::string Fit(std::string_view text, std::size_t width) {
  const std::size_t text_width = TextWidth(text);
  if (text_width <= width) {
    return fmt::format("{}{}", text, std::string(width - text_width, ' '));
  }
  if (width == 0) {
    return {};
  }
  std::size_t end = 0;
  std::size_t kept = 0;
  while (true) {
    const Letter letter = FirstLetter(text.substr(end));
    if (kept + letter.columns() > width - 1) {
      break;
    }
    kept += letter.columns();
    end += letter.length;
  }
  // A wide letter that did not fit leaves a column.
  return fmt::format("{}…{}", text.substr(0, end), std::string(width - 1 - kept, ' '));
}

std::string FitRight(std::string_view text, std::size_t width) {
  const std::size_t text_width = TextWidth(text);
  return text_width >= width ? Fit(text, width)
                             : fmt::format("{}{}", std::string(width - text_width, ' '), text);
}

std::string DurationText(Nanos duration) {
  const auto nanos = static_cast<double>(duration.count());
  if (nanos < 0) {
    return fmt::format("-{}", DurationText(Nanos(-(duration.count() + 1))));
  }
  if (nanos < 1e3) {
    return fmt::format("{}ns", duration.count());
  }
  if (nanos < 999.5e3) {
    return ThreeDigits(nanos / 1e3, "µs");
  }
  if (nanos < 999.5e6) {
    return ThreeDigits(nanos / 1e6, "ms");
  }
  if (nanos < 59.95e9) {
    return ThreeDigits(nanos / 1e9, "s");
  }
  const auto seconds = static_cast<std::int64_t>(std::llround(nanos / 1e9));
  if (seconds < 3600) {
    return fmt::format("{}m{:02}s", seconds / 60, seconds % 60);
  }
  return fmt::format("{}h{:02}m", seconds / 3600, seconds / 60 % 60);
}

std::string TimeText(UnixNanos time) {
  constexpr UnixNanos kSecond = 1'000'000'000;
  UnixNanos seconds = time / kSecond;
  UnixNanos rest = time % kSecond;
  if (rest < 0) {
    --seconds;
    rest += kSecond;
  }
  const auto millis = static_cast<int>(rest / 1'000'000);
  const std::time_t clock = seconds;
  std::tm parts{};
  gmtime_r(&clock, &parts);
  return fmt::format("{:%Y-%m-%d %H:%M:%S}.{:03}", parts, millis);
}

std::string CountText(std::uint64_t count) {
  std::string text = fmt::format("{}", count);
  for (std::size_t at = text.size(); at > 3; at -= 3) {
    text.insert(at - 3, ",");
  }
  return text;
}

std::string CountText(std::uint64_t count, std::string_view noun) {
  return fmt::format("{} {}{}", CountText(count), noun, count == 1 ? "" : "s");
}

std::string JsonText(std::string_view text) {
  std::string out = "\"";
  for (const char byte : text) {
    if (byte == '"' || byte == '\\') {
      out += fmt::format("\\{}", byte);
    } else if (static_cast<unsigned char>(byte) < 0x20) {
      out += fmt::format("\\u{:04x}", static_cast<unsigned char>(byte));
    } else {
      out += byte;
    }
  }
  return out + "\"";
}

std::string SizeText(double bytes) {
  static constexpr std::array kUnits = {"B", "KiB", "MiB", "GiB", "TiB"};
  std::size_t unit = 0;
  while (bytes >= 1024 && unit + 1 < kUnits.size()) {
    bytes /= 1024;
    ++unit;
  }
  return unit == 0 ? fmt::format("{:.0f} B", bytes) : fmt::format("{:.1f} {}", bytes, kUnits[unit]);
}

}  // namespace clew::app::cli
