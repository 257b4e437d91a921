#pragma once

#include <string>

#include "pipeline/config/node.h"

namespace clew::app::translate {

/// A configuration as YAML, which reads back to the same, with `${…}` in a text as it is, and maps
/// and lists that are empty left out.
std::string EmitNode(const pipeline::Node& node);

}  // namespace clew::app::translate
