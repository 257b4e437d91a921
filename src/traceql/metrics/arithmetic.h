#pragma once

#include <string>

#include "traceql/metrics/table.h"
#include "traceql/op.h"

namespace clew::traceql::metrics {

/// `left op right`; `op` is one of `+ - * /`. What is divided by zero, and what there is no point
/// for on one side, has no value.
double Compute(Op op, double left, double right);

/// Point by point. Series go together that have the same labels, but for `__name__`; a side that is
/// one series without any goes with each of the other. What has no partner is gone. Results have
/// the labels of both; those without any are called `name`.
Table Combine(Op op, const Table& left, const Table& right, const std::string& name);

/// The same with a number to the right, or else to the left.
Table Combine(Op op, Table series, double number, bool is_number_right, const std::string& name);

}  // namespace clew::traceql::metrics
