#pragma once

#include <string>

#include "traceql/evaluate/testing/dice.h"

namespace clew::traceql::metrics::testing {

/// A query of metrics that parses and passes Check, over what evaluate::testing::RandomTrace makes,
/// later by whole milliseconds. Quantiles, which are near what they should be, are not reckoned
/// with.
std::string RandomMetricsQuery(evaluate::testing::Dice* dice);

}  // namespace clew::traceql::metrics::testing
