#pragma once

#include "model/trace_data.h"
#include "traceql/evaluate/testing/dice.h"

namespace clew::traceql::evaluate::testing {

/// A small trace with everything that RandomQuery asks for: rings, missing parents, shared ids,
/// equal starts, values of all types. Without `has_odd_values` no arrays, nothing that a query
/// cannot see, and each key once.
model::TraceData RandomTrace(Dice* dice, bool has_odd_values);

}  // namespace clew::traceql::evaluate::testing
