#pragma once

#include <string_view>
#include <variant>

#include "base/vocabulary.h"
#include "traceql/query.h"

namespace clew::traceql {

/// What stands outside of braces. Which of them a pair of parentheses holds is known only when it
/// has been read: `(count())`, `({ } | count() > 2)`, `({ } | rate())`.
using Operand = std::variant<SpansetExpression, ScalarExpression, MetricsExpression>;

/// Whether an operand like this can stand to the left of the operator that is spelled like this.
/// Comparisons of scalars and metrics are none here: they make filters.
bool CanCombine(const Operand& left, std::string_view spelling);
/// How tightly the operator, which can be combined with `left`, binds.
int LevelOf(const Operand& left, std::string_view spelling);
/// What may follow that operator, as a message names it.
std::string_view ExpectedAfter(const Operand& left);

/// Both combined. INVALID_ARGUMENT, without a place, when it makes no sense for numbers; an empty
/// message when `right` is not of a kind that can follow.
Result<Operand> Combine(Operand left, std::string_view spelling, Operand right);

int DepthOf(const Operand& operand);
/// Whether it holds an aggregate: `1 + count()`, and not `1 + 2`.
bool HasAggregate(const ScalarExpression& expression);

}  // namespace clew::traceql
