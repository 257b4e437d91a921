#include "base/hash.h"

#include <xxhash.h>

namespace clew::base {

std::uint64_t Hash64(std::string_view data) { return XXH3_64bits(data.data(), data.size()); }

}  // namespace clew::base
