#pragma once

#include <optional>

#include "traceql/op.h"
#include "traceql/static.h"

namespace clew::traceql {

/// The value of an operator over values, as running it would give; nothing when it has none (other
/// types, a division by zero, more than the type holds) or is a regular expression.
///
/// Whole numbers stay whole (`1 / 2` is 0), but for a negative power. With a duration it is a
/// duration, reckoned in nanoseconds; with a float, a float.
std::optional<Static> Fold(Op op, const Static& left, const Static& right);
/// `op` is kNot or kNegate.
std::optional<Static> Fold(Op op, const Static& operand);

}  // namespace clew::traceql
