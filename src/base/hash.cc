#include "base/hash.h"

#include <xxhash.h>

namespace clew::base {

std::uint64_t Hash64(std::string_view data) { return XXH3_64bits(data.data(), data.size()); }

std::uint64_t Hash64(std::string_view data, std::uint64_t seed) {
  return XXH3_64bits_withSeed(data.data(), data.size(), seed);
}

}  // namespace clew::base
