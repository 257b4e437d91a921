#pragma once

#include <algorithm>
#include <string>
#include <string_view>

namespace clew::base {

// Of ASCII letters only, whatever the locale: header names, hosts and words of configuration are
// compared like that. Other bytes stay as they are.

constexpr char LowerCase(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

inline std::string LowerCase(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) c = LowerCase(c);
  return lower;
}

constexpr bool EqualsIgnoringCase(std::string_view a, std::string_view b) {
  return std::ranges::equal(a, b, [](char x, char y) { return LowerCase(x) == LowerCase(y); });
}

}  // namespace clew::base
