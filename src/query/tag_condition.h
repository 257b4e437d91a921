#pragma once

#include <string>

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

/// `field`, which holds text or a word, is exactly `text`.
expr::Expression IsText(expr::Field field, std::string text);

/// What a tag asks of a span.
expr::Expression ConditionOf(const Tag& tag);

}  // namespace clew::query
