#include "pipeline/config/identifier.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <utility>

namespace clew::pipeline {
namespace {

constexpr std::size_t kTypeBytesMax = 63;
constexpr std::size_t kNameCharactersMax = 1024;

/// Code points of the Unicode classes separator, control and symbol outside ASCII, in ranges that
/// hold nothing else but for rare signs.
constexpr std::array<std::pair<std::uint32_t, std::uint32_t>, 28> kForbidden = {{
    {0x80, 0xA0},     {0xA2, 0xA6},     {0xA8, 0xA9},       {0xAC, 0xAC},     {0xAE, 0xB1},
    {0xB4, 0xB4},     {0xB8, 0xB8},     {0xD7, 0xD7},       {0xF7, 0xF7},     {0x2C2, 0x2C5},
    {0x2D2, 0x2DF},   {0x1680, 0x1680}, {0x2000, 0x200F},   {0x2028, 0x202F}, {0x205F, 0x206F},
    {0x207A, 0x207C}, {0x208A, 0x208C}, {0x20A0, 0x20C0},   {0x2190, 0x2307}, {0x230C, 0x2328},
    {0x232B, 0x245F}, {0x249C, 0x24E9}, {0x2500, 0x2767},   {0x2794, 0x27C4}, {0x2900, 0x2982},
    {0x2B00, 0x2BFF}, {0x3000, 0x3000}, {0x1F000, 0x1FAFF},
}};

std::string_view Trim(std::string_view text) {
  constexpr std::string_view kSpace = " \t\r\n";
  const std::size_t begin = text.find_first_not_of(kSpace);
  if (begin == std::string_view::npos) return "";
  return text.substr(begin, text.find_last_not_of(kSpace) - begin + 1);
}

bool IsLetter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

bool IsType(std::string_view text) {
  return text.size() <= kTypeBytesMax && IsLetter(text[0]) &&
         std::all_of(text.begin(), text.end(),
                     [](char c) { return IsLetter(c) || (c >= '0' && c <= '9') || c == '_'; });
}

/// Takes one UTF-8 character off the front; nothing when it is not UTF-8.
std::optional<std::uint32_t> TakeCharacter(std::string_view& text) {
  const auto byte = [&](std::size_t i) { return static_cast<std::uint8_t>(text[i]); };
  const std::uint8_t lead = byte(0);
  const std::size_t size = lead < 0x80   ? 1
                           : lead < 0xC2 ? 0
                           : lead < 0xE0 ? 2
                           : lead < 0xF0 ? 3
                           : lead < 0xF5 ? 4
                                         : 0;
  if (size == 0 || size > text.size()) return std::nullopt;
  std::uint32_t value = size == 1 ? lead : lead & (0x7Fu >> size);
  for (std::size_t i = 1; i < size; ++i) {
    if ((byte(i) & 0xC0) != 0x80) return std::nullopt;
    value = (value << 6) | (byte(i) & 0x3Fu);
  }
  text.remove_prefix(size);
  return value;
}

bool IsAllowed(std::uint32_t character) {
  if (character < 0x80) {
    return character > ' ' && character != 0x7F &&
           std::string_view("$+<=>^|~`").find(static_cast<char>(character)) ==
               std::string_view::npos;
  }
  return std::none_of(kForbidden.begin(), kForbidden.end(), [&](const auto& range) {
    return character >= range.first && character <= range.second;
  });
}

Status CheckName(std::string_view name) {
  std::size_t count = 0;
  for (std::string_view rest = name; !rest.empty(); ++count) {
    const std::optional<std::uint32_t> character = TakeCharacter(rest);
    if (!character || !IsAllowed(*character)) {
      return base::InvalidArgument("invalid character(s) in name \"{}\"", name);
    }
  }
  if (count > kNameCharactersMax) {
    return base::InvalidArgument("name \"{}\" is longer than {} characters ({} characters)", name,
                                 kNameCharactersMax, count);
  }
  return {};
}

}  // namespace

Result<Identifier> Identifier::Parse(std::string_view text) {
  const std::size_t slash = text.find('/');
  const std::string_view type = Trim(text.substr(0, slash));
  if (slash == std::string_view::npos && type.empty()) {
    return base::InvalidArgument("id must not be empty");
  }
  if (type.empty()) {
    return base::InvalidArgument("in \"{}\" id: the part before / should not be empty", text);
  }
  if (!IsType(type)) return base::InvalidArgument("invalid character(s) in type \"{}\"", type);
  if (slash == std::string_view::npos) return Identifier{std::string(type), ""};
  const std::string_view name = Trim(text.substr(slash + 1));
  if (name.empty()) {
    return base::InvalidArgument("in \"{}\" id: the part after / should not be empty", text);
  }
  TRY(CheckName(name));
  return Identifier{std::string(type), std::string(name)};
}

}  // namespace clew::pipeline
