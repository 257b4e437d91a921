#pragma once

#include <string>
#include <string_view>

namespace clew::app::cli {

/// What stands around the place that `message` names, "… at line 1, col 3: …", in a query in
/// TraceQL, and below it a line with a caret under that place. Empty when it names none.
std::string ShowPlace(std::string_view query, std::string_view message);

}  // namespace clew::app::cli
