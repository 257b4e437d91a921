#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace clew::base {

/// Standard alphabet, padded (RFC 4648 section 4).
std::string Base64Encode(std::string_view bytes);

/// Takes the standard and the URL-safe alphabet, with or without padding; nothing when `text` is
/// neither (white space included).
std::optional<std::string> Base64Decode(std::string_view text);

}  // namespace clew::base
