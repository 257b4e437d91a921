#pragma once

#include <string>
#include <vector>

#include "base/vocabulary.h"

namespace clew::app::bench {

/// Runs this program with `arguments` to its end, and gives what it printed. For what must be
/// measured in a process that has done nothing before. INTERNAL when it fails; its errors go where
/// those of this process go. Call while no other thread runs.
Result<std::string> RunSelf(const std::vector<std::string>& arguments);

}  // namespace clew::app::bench
