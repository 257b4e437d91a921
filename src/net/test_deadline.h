#pragma once

#include <chrono>

#include "base/vocabulary.h"

namespace clew::net::testing {

/// Late enough for anything that a test waits for: never reached by one that passes.
inline Deadline Soon() { return base::SystemTime().In(std::chrono::seconds(60)); }

}  // namespace clew::net::testing
