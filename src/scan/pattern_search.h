#pragma once

#include "expr/pattern.h"
#include "scan/comparison.h"

namespace clew::scan {

/// Whether the pattern is found in a value as an answer shows it. The pattern outlives the test.
ValueTest PatternTest(const expr::Pattern& pattern);

}  // namespace clew::scan
