#include "expr/or_arrays.h"

#include <algorithm>
#include <utility>
#include <vector>

namespace clew::expr {
namespace {

/// The attributes that are compared in it, each once; to be there is no comparison.
void AddCompared(const Expression& expression, std::vector<Reference>* compared) {
  for (const Expression& operand : expression.operands) AddCompared(operand, compared);
  if (expression.op == Op::kExists) return;
  for (const Reference& reference : expression.references) {
    const bool is_known = std::ranges::find(*compared, reference) != compared->end();
    if (!reference.field && !is_known) compared->push_back(reference);
  }
}

void AddAsked(const Expression& expression, std::vector<Reference>* asked) {
  for (const Expression& operand : expression.operands) AddAsked(operand, asked);
  for (const Reference& reference : expression.references) {
    const bool is_known = std::ranges::find(*asked, reference) != asked->end();
    if (!reference.field && !is_known) asked->push_back(reference);
  }
}

}  // namespace

Expression AskedArrays(const Expression& expression) {
  std::vector<Reference> asked;
  AddAsked(expression, &asked);
  std::vector<Expression> any;
  for (Reference& reference : asked) any.push_back(HasArray(std::move(reference)));
  return Or(std::move(any));
}

Expression OrArrays(Expression expression) {
  const bool is_monotonous =
      expression.op == Op::kAnd || expression.op == Op::kOr || expression.op == Op::kSome;
  if (is_monotonous) {
    for (Expression& operand : expression.operands) operand = OrArrays(std::move(operand));
    return expression;
  }
  std::vector<Reference> compared;
  AddCompared(expression, &compared);
  const TextRange range = expression.range;
  std::vector<Expression> any;
  any.push_back(std::move(expression));
  for (Reference& reference : compared) any.push_back(HasArray(std::move(reference)));
  return At(range, Or(std::move(any)));
}

}  // namespace clew::expr
