#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "pipeline/config/problem.h"

namespace clew::pipeline {

/// Reads one YAML document into nodes; anchors, aliases and `<<` are resolved. Nothing when it
/// cannot be read at all; else every duplicate key is among the problems too. Bounded: text of at
/// most 4 MiB, 100,000 nodes with aliases unfolded, 100 levels.
/// An empty document gives null.
std::optional<Node> ReadYaml(std::string_view text, std::shared_ptr<const std::string> source,
                             ProblemList& problems);

}  // namespace clew::pipeline
