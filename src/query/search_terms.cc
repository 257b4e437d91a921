#include "query/search_terms.h"

#include <utility>

namespace clew::query {

using expr::Expression;
using expr::Field;
using expr::Literal;
using expr::Op;

Expression ConditionOf(const SearchTerms& terms) {
  std::vector<Expression> all;
  if (terms.service) all.push_back(IsText(Field::kService, *terms.service));
  if (!terms.operation.empty()) all.push_back(IsText(Field::kName, terms.operation));
  for (const Tag& tag : terms.tags) all.push_back(ConditionOf(tag));
  const auto duration = expr::Of(Field::kDuration);
  if (terms.duration_min > Nanos(0)) {
    all.push_back(Compare(Op::kGreaterOrEqual, duration, Literal::Int(terms.duration_min.count())));
  }
  if (terms.duration_max > Nanos(0)) {
    all.push_back(Compare(Op::kLessOrEqual, duration, Literal::Int(terms.duration_max.count())));
  }
  return expr::And(std::move(all));
}

}  // namespace clew::query
