#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/vocabulary.h"

namespace clew::api::tempo {

/// `k=v k2="v 2"`: pairs in their order, a text in double quotes with \" and \\. INVALID_ARGUMENT
/// when it is none, or a key comes twice.
Result<std::vector<std::pair<std::string, std::string>>> ParseLogfmt(std::string_view text);

}  // namespace clew::api::tempo
