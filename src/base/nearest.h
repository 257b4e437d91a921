#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace clew::base {

/// ` (did you mean "x"?)` for the known name that is fewest edits away from `name`, ignoring case;
/// empty when none is near enough to be meant.
std::string DidYouMean(std::string_view name, const std::vector<std::string>& known);

}  // namespace clew::base
