#pragma once

#include "expr/expression.h"

namespace clew::expr {

/// What holds wherever `expression` does, and for every span of which it compares an attribute that
/// is an array: for whoever finds by it what is then asked about the elements of arrays, which no
/// comparison here knows.
Expression OrArrays(Expression expression);

}  // namespace clew::expr
