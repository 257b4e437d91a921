#pragma once

#include <string>

#include "expr/expression.h"

namespace clew::expr {

/// The expression as people read it, in one line, for plans and the failures of tests: `span:name =
/// "GET" &&
/// !(span.retry exists)`.
std::string Print(const Expression& expression);
std::string Print(const Reference& reference);

}  // namespace clew::expr
