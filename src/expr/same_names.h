#pragma once

#include "expr/expression.h"

namespace clew::expr {

/// The same asked of an attribute under each of its names, those of older and newer semantic
/// conventions (model::SameNamesAs): a comparison of an attribute that has several becomes an kOr
/// of one for each name, first the one that was given, and one of two attributes of each pair of
/// them.
///
/// So the values under all names are those of one attribute of several values: a comparison holds
/// for a span when it does for one of them, its kNot when it does for none. Differs still means
/// there, under whichever name, and nowhere equal.
///
/// Fields, and attributes of one name, stay as they are, and so does what was at a place of the
/// text. The tree is one level deeper at most. It may have as many comparisons more as an attribute
/// has names (5), for two attributes as both have pairs.
Expression WithSameNames(Expression expression);

}  // namespace clew::expr
