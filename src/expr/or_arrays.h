#pragma once

#include "expr/expression.h"

namespace clew::expr {

/// What holds wherever `expression` does, and for every span of which it compares an attribute that
/// is an array; where it says what does not hold, or is not there, for every span of which that is
/// odd (HasOdd): for whoever finds by it what is then asked of a language that knows the elements
/// of arrays, sees no lists and octets, and of several values under one key one only.
Expression OrArrays(Expression expression);

/// What holds for every span of which an attribute that `expression` asks for is odd, and for no
/// other: false when it asks for none.
Expression AskedOdd(const Expression& expression);

}  // namespace clew::expr
