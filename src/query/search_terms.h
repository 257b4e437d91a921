#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/vocabulary.h"
#include "expr/expression.h"

namespace clew::query {

/// `key` equals `value`, compared as text. The attributes of span, resource, scope, events and
/// links are searched, the keys that Jaeger treats specially work (jaeger.md section 21, memory):
/// "error" true|false, "span.status", "span.kind", "scope.name", "scope.version", and the prefix
/// "resource."; and every tag and log field finds its span in the form in which Jaeger's API shows
/// it (jaeger.md section 7).
struct Tag {
  std::string key;
  std::string value;
};

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
