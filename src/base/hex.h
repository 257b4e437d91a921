#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace clew::base {

/// Appends two lower-case digits a byte.
inline void AppendHex(std::span<const std::uint8_t> bytes, std::string* text) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  for (const std::uint8_t byte : bytes) {
    text->push_back(kDigits[byte >> 4]);
    text->push_back(kDigits[byte & 15]);
  }
}

}  // namespace clew::base
