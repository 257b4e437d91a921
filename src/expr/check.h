#pragma once

#include "base/vocabulary.h"
#include "expr/expression.h"

namespace clew::expr {

/// More than any language here can state: a tree is walked with a frame of the stack for each.
inline constexpr int kDepthMax = 200;

/// A time or a duration.
bool IsNumber(const Reference& reference);

/// OK when `expression` is well formed, times and durations are compared with numbers, and what has
/// no order is not ordered. Else INVALID_ARGUMENT that says what is wrong with which part, and
/// where that stands when it is known.
///
/// Whoever evaluates relies on the form of it and on the depth. Of types it is told only so that
/// nobody waits for an answer that can have nothing: evaluated, such a comparison does not hold.
Status Check(const Expression& expression);

}  // namespace clew::expr
