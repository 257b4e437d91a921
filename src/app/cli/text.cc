#include "app/cli/text.h"

#include <fmt/chrono.h>
#include <fmt/core.h>

#include <array>
#include <cmath>
#include <ctime>

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

/// C0, DEL and C1 (U+0080 to U+009F) steer terminals.
bool IsControl(std::string_view sequence) {
  const auto lead = static_cast<unsigned char>(sequence[0]);
  return lead < 0x20 || lead == 0x7F ||
         (lead == 0xC2 && static_cast<unsigned char>(sequence[1]) < 0xA0);
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

std::string SafeText(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const std::size_t length = SequenceLength(text);
    if (length == 0 || IsControl(text)) {
      out += '?';
    } else {
      out.append(text.substr(0, length));
    }
    text.remove_prefix(length == 0 ? 1 : length);
  }
  return out;
}

std::size_t TextWidth(std::string_view text) {
  std::size_t width = 0;
  for (const char byte : text) {
    width += IsContinuation(byte) ? 0u : 1u;
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
  for (std::size_t kept = 0; kept < width - 1; ++kept) {
    ++end;
    while (end < text.size() && IsContinuation(text[end])) {
      ++end;
    }
  }
  return fmt::format("{}…", text.substr(0, end));
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
