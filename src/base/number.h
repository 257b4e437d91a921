#pragma once

#include <charconv>
#include <optional>
#include <string_view>
#include <system_error>

namespace clew::base {

/// All of `text` as a decimal number, without a plus or spaces; nothing when it is none or is out
/// of range.
template <typename Number>
std::optional<Number> ParseNumber(std::string_view text) {
  Number number{};
  const char* const end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, number);
  return error == std::errc() && rest == end ? std::optional(number) : std::nullopt;
}

}  // namespace clew::base
