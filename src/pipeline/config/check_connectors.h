#pragma once

#include "pipeline/config/check.h"

namespace clew::pipeline {

/// The rules of connectors: one is named by pipelines on both of its sides whose signals it joins,
/// no way leads back to where it began, and what a store is promised holds also for who stores
/// behind one (docs/design/009-signals-and-connectors.md).
void CheckConnectors(const CheckInput& input, ProblemList& problems);

}  // namespace clew::pipeline
