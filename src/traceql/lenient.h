#pragma once

#include <string_view>

#include "traceql/field_expression.h"

namespace clew::traceql {

/// The conditions that can be made out of a query that somebody is typing: those of its filter when
/// it is one pair of braces, which need not be closed. Conditions that are not finished (`.foo =`,
/// `span.`, `.foo`, words that nobody knows) are `true`; so is what cannot be read at all, and what
/// is no single filter: pipelines and relations between spans.
///
/// What it gives passes CheckFilter. Nothing is an error.
FieldExpression ParseLenient(std::string_view text);

/// `filter` without the conditions on `asked`, whose values somebody wants to choose from: they are
/// `true`, as is what negates them.
FieldExpression WithoutConditionsOn(const Attribute& asked, const FieldExpression& filter);

}  // namespace clew::traceql
