#pragma once

#include <string>
#include <string_view>

namespace clew::api {

/// `text` with every byte that is not part of valid UTF-8 replaced by U+FFFD: JSON has no other way
/// to show it.
std::string ReplaceInvalidUtf8(std::string_view text);
bool IsValidUtf8(std::string_view text);

}  // namespace clew::api
