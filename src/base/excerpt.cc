#include "base/excerpt.h"

namespace clew::base {

std::string Excerpt(std::string_view text, std::size_t bytes_max) {
  if (text.size() <= bytes_max) return std::string(text);
  std::size_t size = bytes_max;
  // A character of UTF-8 has at most three bytes behind its first; what is none is cut anywhere.
  constexpr std::size_t kFollowingBytesMax = 3;
  while (size > bytes_max - kFollowingBytesMax &&
         (static_cast<unsigned char>(text[size]) & 0xC0) == 0x80) {
    --size;
  }
  return std::string(text.substr(0, size)) + "…";
}

}  // namespace clew::base
