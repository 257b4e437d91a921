#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/vocabulary.h"

/// How the command line writes text, times and numbers. Pure functions.
namespace clew::app::cli {

/// Text of unknown origin made safe for a terminal: control characters (escape sequences too),
/// marks that turn the direction of the line, and bytes that are not UTF-8 become '?'.
std::string SafeText(std::string_view text);
/// The same for a text of several lines: line ends and tabs stay.
std::string SafeLines(std::string_view text);

/// Columns that UTF-8 text takes: two for the wide letters of East Asia and for emoji, none for
/// what joins the letter before it.
std::size_t TextWidth(std::string_view text);

/// `text` in exactly `width` columns: padded with blanks, or cut with "…" at its end.
std::string Fit(std::string_view text, std::size_t width);
/// The same with the blanks in front.
std::string FitRight(std::string_view text, std::size_t width);

/// Three significant digits and a unit: "412ms", "1.23s", "45.6µs", "2m03s".
std::string DurationText(Nanos duration);
/// "2026-11-23 04:30:12.123" in UTC.
std::string TimeText(UnixNanos time);
/// "1,234,567".
std::string CountText(std::uint64_t count);
/// "1 request", "1,234 requests": `noun` is one of them.
std::string CountText(std::uint64_t count, std::string_view noun);
/// In quotes, with what JSON asks to be escaped.
std::string JsonText(std::string_view text);
/// "1.5 MiB".
std::string SizeText(double bytes);

}  // namespace clew::app::cli
