#include "api/utf8.h"

#include <cstdint>
#include <cstring>

namespace clew::api {
namespace {

/// Length of the valid sequence that begins `text`, which is not empty; 0 when there is none.
std::size_t SequenceLength(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const auto is_tail = [&](std::size_t i) { return i < text.size() && (byte(i) & 0xC0) == 0x80; };
  const unsigned char first = byte(0);
  if (first < 0x80) {
    return 1;
  }
  if (first >= 0xC2 && first <= 0xDF) {
    return is_tail(1) ? 2 : 0;
  }
  if (first >= 0xE0 && first <= 0xEF) {
    if (!is_tail(1) || !is_tail(2) || (first == 0xE0 && byte(1) < 0xA0) ||
        (first == 0xED && byte(1) >= 0xA0)) {
      return 0;
    }
    return 3;
  }
  if (first >= 0xF0 && first <= 0xF4) {
    if (!is_tail(1) || !is_tail(2) || !is_tail(3) || (first == 0xF0 && byte(1) < 0x90) ||
        (first == 0xF4 && byte(1) >= 0x90)) {
      return 0;
    }
    return 4;
  }
  return 0;
}

/// How many bytes at the start of `text` are valid.
std::size_t ValidPrefix(std::string_view text) {
  std::size_t i = 0;
  while (i < text.size()) {
    std::uint64_t word;
    if (i + sizeof(word) <= text.size()) {
      std::memcpy(&word, text.data() + i, sizeof(word));
      if ((word & 0x8080808080808080u) == 0) {
        i += sizeof(word);
        continue;
      }
    }
    const std::size_t length = SequenceLength(text.substr(i));
    if (length == 0) {
      break;
    }
    i += length;
  }
  return i;
}

}  // namespace

bool IsValidUtf8(std::string_view text) { return ValidPrefix(text) == text.size(); }

std::string ReplaceInvalidUtf8(std::string_view text) {
  std::string valid;
  valid.reserve(text.size() + 8);
  while (true) {
    const std::size_t length = ValidPrefix(text);
    valid.append(text.substr(0, length));
    text.remove_prefix(length);
    if (text.empty()) {
      return valid;
    }
    valid.append("\xEF\xBF\xBD");
    text.remove_prefix(1);
  }
}

}  // namespace clew::api
