#pragma once

#include <cstddef>
#include <string>

#include "base/vocabulary.h"
#include "model/trace_data.h"
#include "traceql/evaluate/testing/plain_value.h"
#include "traceql/field_expression.h"
#include "traceql/naming.h"

namespace clew::traceql::evaluate::testing {

/// Whether a filter holds for a span, by the words of the sheet and of traceql/lower.h: slow, and
/// with nothing of what it tests.
Result<bool> PlainHolds(const FieldExpression& filter, const model::TraceData& trace,
                        std::size_t span, Naming naming);
/// The value of a field expression for a span, likewise.
Result<PlainValue> PlainEvaluate(const FieldExpression& expression, const model::TraceData& trace,
                                 std::size_t span, Naming naming);
/// Under which of its names the attribute is there for a span; empty when it is not, or is an
/// intrinsic. Of events and links: where its value is.
std::string PlainNameOf(const Attribute& attribute, const model::TraceData& trace, std::size_t span,
                        Naming naming);

}  // namespace clew::traceql::evaluate::testing
