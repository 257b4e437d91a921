#pragma once

#include <string>

#include "pipeline/config/binder.h"
#include "pipeline/config/problem.h"

namespace clew::pipeline {

/// Fills `section` from `node` (null means all defaults) and says everything that does not fit:
/// unknown keys with the nearest known one, wrong types, values out of range. `path` is what the
/// messages call the section, e.g. "processors::batch".
void BindSection(Section& section, const Node& node, const std::string& path,
                 ProblemList& problems);

/// Runs Section::Validate; messages come with their path, places are those of the keys in `node`.
void ValidateSection(const Section& section, const Node& node, const std::string& path,
                     ProblemList& problems);

/// `'parent' has invalid keys: name (did you mean "x"?)`.
std::string UnknownKeyMessage(const std::string& parent, const std::string& name,
                              const std::vector<std::string>& known);

}  // namespace clew::pipeline
