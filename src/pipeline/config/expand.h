#pragma once

#include <string>
#include <vector>

#include "pipeline/config/source.h"

namespace clew::pipeline {

/// Replaces every ${…} in the values of `node` (keys are left alone) as collector-config.md
/// section 2 says, and `$$` by `$`. Unset variables are told in `warnings`.
/// Bounded: a reference that leads back to itself is a problem, and so is a result of more than 100
/// levels, one value of more than 1000 references, or more than 4 MiB or 100,000 values that
/// references brought in.
void Expand(Node& node, const Environment& environment, ProblemList& problems,
            std::vector<std::string>& warnings);

}  // namespace clew::pipeline
