#pragma once

#include <string>

namespace clew::api {

/// The same document with line breaks and `width` spaces for each level; members, numbers and texts
/// stay as they are. `json` is valid.
std::string IndentJson(const std::string& json, unsigned width);

}  // namespace clew::api
