#pragma once

#include <cstdint>
#include <string_view>

namespace clew::base {

/// XXH3 64 bit. Used in files (checksums, filters): never change it.
std::uint64_t Hash64(std::string_view data);
std::uint64_t Hash64(std::string_view data, std::uint64_t seed);

}  // namespace clew::base
