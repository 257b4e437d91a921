#pragma once

#include <string_view>

#include "pipeline/config/binder.h"

namespace clew::pipeline::settings {

/// Validates a section that another one holds under the key `name` ("a::b" for two levels): its
/// problems get the name in front of their path.
void ValidateNested(std::string_view name, const Section& section, Problems& problems);

}  // namespace clew::pipeline::settings
