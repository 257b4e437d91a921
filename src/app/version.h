#pragma once

#include <string_view>

namespace clew::app {

/// E.g. "0.1.0".
std::string_view Version();

}  // namespace clew::app
