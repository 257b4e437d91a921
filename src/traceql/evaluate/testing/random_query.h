#pragma once

#include <string>

#include "traceql/evaluate/testing/dice.h"
#include "traceql/naming.h"

namespace clew::traceql::evaluate::testing {

/// A query that parses and passes Check, over what RandomTrace makes.
std::string RandomQuery(Dice* dice);
/// What stands in its braces.
std::string RandomFilter(Dice* dice);
/// An attribute or intrinsic.
std::string RandomField(Dice* dice);
/// One that may be a number.
std::string RandomNumberField(Dice* dice);
/// How attributes are found, mostly by all names.
Naming RandomNaming(Dice* dice);

}  // namespace clew::traceql::evaluate::testing
