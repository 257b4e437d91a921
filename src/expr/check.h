#pragma once

#include "base/vocabulary.h"
#include "expr/expression.h"

namespace clew::expr {

/// More than any language here can state: a tree is walked with a frame of the stack for each.
inline constexpr int kDepthMax = 200;

/// OK when `expression` is well formed, times and durations are compared with numbers, and what has
/// no order is not ordered. Else INVALID_ARGUMENT that says what is wrong with which part, and
/// where that stands when it is known.
///
/// Whoever evaluates relies on it.
Status Check(const Expression& expression);

}  // namespace clew::expr
