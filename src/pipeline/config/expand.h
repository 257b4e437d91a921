#pragma once

#include <string>
#include <vector>

#include "pipeline/config/source.h"

namespace clew::pipeline {

/// Replaces every ${…} in the values of `node` (keys are left alone) as collector-config.md
/// section 2 says, and `$$` by `$`. Unset variables are told in `warnings`.
void Expand(Node& node, const Environment& environment, ProblemList& problems,
            std::vector<std::string>& warnings);

}  // namespace clew::pipeline
