#pragma once

#include "expr/expression.h"

namespace clew::expr {

/// What holds wherever `expression` does, and for every span of which it compares an attribute that
/// is an array: for whoever finds by it what is then asked about the elements of arrays, which no
/// comparison here knows.
Expression OrArrays(Expression expression);

/// What holds for every span of which an attribute is an array that `expression` asks for, and for
/// no other: false when it asks for none.
Expression AskedArrays(const Expression& expression);

}  // namespace clew::expr
