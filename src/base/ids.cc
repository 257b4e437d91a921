#include "base/ids.h"

#include <algorithm>
#include <cctype>
#include <span>

#include "base/hex.h"

namespace clew::base {
namespace {

std::string HexOf(std::span<const std::uint8_t> bytes) {
  std::string text;
  text.reserve(bytes.size() * 2);
  AppendHex(bytes, &text);
  return text;
}

int HexValue(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

bool ParseHex(std::string_view text, std::span<std::uint8_t> bytes) {
  if (text.empty() || text.size() > bytes.size() * 2) return false;
  std::size_t nibble = bytes.size() * 2 - text.size();
  for (const char c : text) {
    const int value = HexValue(c);
    if (value < 0) return false;
    const int shift = nibble % 2 == 0 ? 4 : 0;
    bytes[nibble / 2] = static_cast<std::uint8_t>(bytes[nibble / 2] | (value << shift));
    ++nibble;
  }
  return true;
}

}  // namespace

std::string TraceId::ToHex() const { return HexOf(bytes); }

std::optional<TraceId> TraceId::FromHex(std::string_view text) {
  TraceId id;
  if (!ParseHex(text, id.bytes)) return std::nullopt;
  return id;
}

std::string SpanId::ToHex() const { return HexOf(bytes); }

std::optional<SpanId> SpanId::FromHex(std::string_view text) {
  SpanId id;
  if (!ParseHex(text, id.bytes)) return std::nullopt;
  return id;
}

std::optional<TenantId> TenantId::Parse(std::string_view name) {
  constexpr std::string_view kPunctuation = "!-_.*'()";
  constexpr std::size_t kMaxBytes = 150;
  if (name.empty() || name.size() > kMaxBytes || name == "." || name == "..") return std::nullopt;
  const bool valid = std::ranges::all_of(name, [&](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || kPunctuation.contains(c);
  });
  if (!valid) return std::nullopt;
  return TenantId(std::string(name));
}

}  // namespace clew::base
