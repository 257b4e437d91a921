#pragma once

#include <string>

#include "traceql/query.h"

namespace clew::traceql {

/// The query in one line, as TraceQL that gives the same tree again: one space around operators,
/// parentheses only where they are needed, `{ true }` for `{ }`.
std::string Print(const Query& query);

std::string Print(const FieldExpression& expression);
std::string Print(const SpansetExpression& expression);
std::string Print(const Pipeline& pipeline);
std::string Print(const Aggregate& aggregate);
std::string Print(const ScalarExpression& expression);
std::string Print(const MetricsExpression& expression);

}  // namespace clew::traceql
