#include "expr/same_names.h"

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "model/semantic_names.h"

namespace clew::expr {
namespace {

/// The reference itself, then those to its attribute's other names.
std::vector<Reference> AllNamesOf(const Reference& reference) {
  std::vector<Reference> names = {reference};
  if (reference.field) return names;
  for (const std::string_view key : model::SameNamesAs(reference.key)) {
    names.push_back(Attribute(reference.scope, std::string(key)));
  }
  return names;
}

/// For each expression one for each name of its reference number `index`.
std::vector<Expression> NamedEachWay(std::vector<Expression> expressions, std::size_t index) {
  std::vector<Expression> named;
  for (Expression& expression : expressions) {
    for (Reference& name : AllNamesOf(expression.references[index])) {
      expression.references[index] = std::move(name);
      named.push_back(expression);
    }
  }
  return named;
}

}  // namespace

Expression WithSameNames(Expression expression) {
  for (Expression& operand : expression.operands) operand = WithSameNames(std::move(operand));
  if (expression.references.empty()) return expression;
  const TextRange range = expression.range;
  const std::size_t reference_count = expression.references.size();
  std::vector<Expression> named;
  named.push_back(std::move(expression));
  for (std::size_t i = 0; i < reference_count; ++i) named = NamedEachWay(std::move(named), i);
  return At(range, Or(std::move(named)));
}

}  // namespace clew::expr
