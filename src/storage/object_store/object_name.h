#pragma once

#include <string_view>

#include "base/result.h"

namespace clew::storage {

/// INVALID_ARGUMENT when `name` breaks the rules of ObjectStore.
base::Status CheckObjectName(std::string_view name);

}  // namespace clew::storage
