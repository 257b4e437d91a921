#pragma once

#include <vector>

#include "expr/text_range.h"
#include "traceql/attribute.h"
#include "traceql/op.h"
#include "traceql/static.h"

namespace clew::traceql {

/// Where a part stands in the query. It is no part of what the query says: all are equal.
struct Place : expr::TextRange {
  bool operator==(const Place&) const { return true; }
};

/// What stands in braces: values, attributes, and operators over them.
///
/// Made by Leaf, Unary and Binary, so that constants are folded, what follows each other is one
/// kAnd or kOr, and the depth is known.
struct FieldExpression {
  bool operator==(const FieldExpression&) const = default;

  Op op = Op::kStatic;
  std::vector<FieldExpression> operands{};
  /// Of kStatic.
  Static value{};
  /// Of kAttribute.
  Attribute attribute{};
  /// Of the tree: 1 without operands.
  int depth = 1;
  Place place{};
};

FieldExpression Leaf(Static value);
FieldExpression Leaf(Attribute attribute);
/// `op` is kNot or kNegate.
FieldExpression Unary(Op op, FieldExpression operand);
/// Of values only it is their value, as far as there is one: `1 / 0` and `"a" + 1` stay. To the
/// left a kAnd takes in a kAnd, and a kOr a kOr.
FieldExpression Binary(Op op, FieldExpression left, FieldExpression right);

/// Whether it says anything of a span: there is an attribute in it.
bool RefersToSpan(const FieldExpression& expression);

}  // namespace clew::traceql
