#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace clew::wire::otlp {

/// `text` with every malformed part replaced by U+FFFD, as the Unicode standard recommends (one for
/// each maximal part).
std::string RepairUtf8(std::string_view text);

/// True when an answer in JSON, where all text is repaired, shows `stored` as `asked`. What is
/// shown must be found: every comparison of stored text with a request's goes through here.
bool IsShownAs(std::string_view stored, std::string_view asked);

/// Where UTF-8 ends to be well-formed: the size of `text` when all of it is.
std::size_t Utf8ValidSize(std::string_view text);

/// Appends what a JSON string holds, from behind its opening quote to its closing one in `text`. A
/// lone surrogate, which some JSON writers let through, becomes U+FFFD. False at a bad escape.
[[nodiscard]] bool AppendUnescaped(std::string_view text, std::string& out);

/// The grammar of JSON's numbers, of any size.
bool IsJsonNumber(std::string_view text);

/// All of `text` as a whole number, also when written as "1e3" or "5.0"; "-0" is 0.
std::optional<std::int64_t> ParseInt64(std::string_view text);
std::optional<std::uint64_t> ParseUint64(std::string_view text);
/// All of `text` as the nearest double, or "NaN", "Infinity", "-Infinity". What is too small for a
/// double is zero with its sign; what is too large is none.
std::optional<double> ParseDouble(std::string_view text);

/// Appends the octets of hex digits of either case. False when `text` is something else or has an
/// odd number of digits.
[[nodiscard]] bool AppendHexDecoded(std::string_view text, std::string& out);
/// Lower case.
std::string HexEncode(std::string_view bytes);

}  // namespace clew::wire::otlp
