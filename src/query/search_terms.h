#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/vocabulary.h"
#include "expr/expression.h"
#include "query/tag_condition.h"

namespace clew::query {

/// What the form of a search offers. All of them must hold on one span; absent ones hold always.
struct SearchTerms {
  /// As Services lists it (model::ServiceName).
  std::optional<std::string> service{};
  /// As Operations lists it (model::OperationName); the empty one is any.
  std::string operation{};
  std::vector<Tag> tags{};
  Nanos duration_min{0};
  Nanos duration_max{0};  // 0: no upper bound
};

/// What the terms ask of a span.
expr::Expression ConditionOf(const SearchTerms& terms);

}  // namespace clew::query
