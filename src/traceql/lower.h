#pragma once

#include <optional>

#include "base/vocabulary.h"
#include "expr/expression.h"
#include "expr/field.h"
#include "traceql/attribute.h"
#include "traceql/field_expression.h"
#include "traceql/naming.h"

namespace clew::traceql {

/// The field of the data model that it is; nothing of what is known of whole traces only.
std::optional<expr::Field> FieldOf(Intrinsic intrinsic);

/// A filter as far as `expr` can say it.
struct Lowered {
  /// Holds for every span for which the filter does.
  expr::Expression condition = expr::True();
  /// And for no other. Else whoever evaluates asks the filter of each span that is left.
  bool is_exact = false;
};

/// Lowers a filter that has passed CheckFilter. INVALID_ARGUMENT for a regular expression that does
/// not compile.
///
/// Exact are comparisons of an attribute or intrinsic with a value, tests for nil, and `&&`, `||`
/// and `!` over them. Of everything else (arithmetic, comparisons of two attributes, parent. and
/// root., childCount, what is of a whole trace, nested sets) the condition is true, and not exact.
///
/// What it means:
/// - A missing attribute makes every comparison false, and so does one of another type: `!=` and
///   `!~` too. `!` negates what that gives: `!(.x = 1)` holds for spans without x. `.x` alone holds
///   when x is true, `!.x` when it is false.
/// - Of an unscoped attribute the one of the span decides, and that of the resource only where the
///   span has none: not what expr::Scope::kSpanOrResource says, so it is lowered to both.
/// - Of an attribute with several names the first one that is there decides likewise, when
///   `naming` asks for all of them: not what expr::WithSameNames says, for which all are values of
///   one.
/// - Numbers of all types compare by value; with a status an int does, by TraceQL's code.
/// - Conditions on events (and on links) that `&&` joins are of one and the same event: operands of
///   it whose conditions are all on events, joined by `&&` and `||`. Everywhere else any event will
///   do, and with `!` around it none. A nil test of an event's attribute needs an event without it.
/// - Intrinsics are never nil: a text or id that is not there is empty, and so `span:parentID = ""`
///   holds for roots. A span without a name has the one that clew shows (model::OperationName).
/// - Ids compare with `=` and `!=` as numbers do: without regard to case and leading zeros.
///
/// A value that is an array is of no type that anything here compares with.
Result<Lowered> Lower(const FieldExpression& filter, Naming naming);

}  // namespace clew::traceql
