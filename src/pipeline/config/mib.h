#pragma once

#include <cstdint>
#include <string_view>

#include "pipeline/config/binder.h"

namespace clew::pipeline {

/// The largest setting in MiB: an exbibyte, so that in bytes it, and the sum of a few, can be
/// counted.
inline constexpr std::uint64_t kMibMax = std::uint64_t{1} << 40;

/// Adds a problem when the setting at `path` is over that.
void CheckMib(std::string_view path, std::uint64_t mib, Problems& problems);

}  // namespace clew::pipeline
