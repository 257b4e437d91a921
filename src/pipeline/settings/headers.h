#pragma once

#include <map>
#include <string>
#include <string_view>

#include "pipeline/config/binder.h"

namespace clew::pipeline::settings {

/// Adds a problem at `key` for each of `headers` that would not be one header of HTTP
/// (net::CheckHeader). Values are not shown.
void CheckHeaders(std::string_view key, const std::map<std::string, Secret>& headers,
                  Problems& problems);

}  // namespace clew::pipeline::settings
