#pragma once

#include <vector>

#include "pipeline/factory.h"

namespace clew::app {

/// Every component that a configuration may use, by kind, then type. Adding one is its folder and
/// its line here (docs/how-to/add-a-component.md).
std::vector<pipeline::Factory> ComponentFactories();

}  // namespace clew::app
