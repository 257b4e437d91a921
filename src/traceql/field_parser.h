#pragma once

#include <optional>
#include <vector>

#include "base/vocabulary.h"
#include "traceql/cursor.h"
#include "traceql/field_expression.h"

namespace clew::traceql {

/// What stands in braces, or in the parentheses of by() and aggregates: as far as it goes.
Result<FieldExpression> ParseField(Cursor* cursor);

/// An attribute or intrinsic alone.
Result<Attribute> ParseAttribute(Cursor* cursor);
/// One or more of them, with commas between them.
Result<std::vector<Attribute>> ParseAttributes(Cursor* cursor);

/// The value that is the token; nothing when it is none.
std::optional<Static> StaticAt(const Token& token);
/// A value alone, which may have a minus before it.
Result<Static> ParseStatic(Cursor* cursor);

}  // namespace clew::traceql
