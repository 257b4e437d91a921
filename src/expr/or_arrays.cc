#include "expr/or_arrays.h"

#include <algorithm>
#include <utility>
#include <vector>

namespace clew::expr {
namespace {

/// The attributes in it, each once.
std::vector<Reference> Asked(const Expression& expression) {
  std::vector<Reference> asked;
  const auto add = [&asked](const Reference& reference) {
    const bool is_known = std::ranges::find(asked, reference) != asked.end();
    if (!reference.field && !is_known) asked.push_back(reference);
  };
  for (const Expression& operand : expression.operands) {
    for (const Reference& reference : Asked(operand)) add(reference);
  }
  for (const Reference& reference : expression.references) add(reference);
  return asked;
}

}  // namespace

Expression AskedOdd(const Expression& expression) {
  std::vector<Expression> any;
  for (Reference& reference : Asked(expression)) any.push_back(HasOdd(std::move(reference)));
  return Or(std::move(any));
}

Expression OrArrays(Expression expression) {
  const bool is_monotonous =
      expression.op == Op::kAnd || expression.op == Op::kOr || expression.op == Op::kSome;
  if (is_monotonous) {
    for (Expression& operand : expression.operands) operand = OrArrays(std::move(operand));
    return expression;
  }
  // What is there is there, whatever it is.
  if (expression.op == Op::kExists) return expression;
  const bool is_negation = expression.op == Op::kNot;
  const TextRange range = expression.range;
  std::vector<Reference> asked = Asked(expression);
  std::vector<Expression> any;
  any.push_back(std::move(expression));
  for (Reference& reference : asked) {
    // Of several values one that compares so is enough, but for a negation.
    any.push_back(is_negation ? HasOdd(std::move(reference)) : HasArray(std::move(reference)));
  }
  return At(range, Or(std::move(any)));
}

}  // namespace clew::expr
