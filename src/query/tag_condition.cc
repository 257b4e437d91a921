#include "query/tag_condition.h"

#include <algorithm>
#include <iterator>
#include <optional>
#include <string_view>
#include <utility>

#include "base/letter_case.h"
#include "query/shown_places.h"

namespace clew::query {
namespace {

using expr::Expression;
using expr::Field;
using expr::Literal;
using expr::Op;
using expr::Scope;

Expression IsShown(Scope scope, std::string key, const std::string& text) {
  return WhereShown(expr::Attribute(scope, std::move(key)),
                    [&text](expr::Reference place) { return ShownAs(std::move(place), text); });
}

/// A word of a field, unless it is none or the first, which says nothing.
Expression IsWord(Field field, std::string_view text, bool may_be_first) {
  const auto words = expr::WordsOf(field).subspan(may_be_first ? 0 : 1);
  if (std::ranges::find(words, text) == words.end()) return expr::False();
  return IsText(field, std::string(text));
}

/// An error is what has the status, or says so in a tag. What has neither, or says the opposite, is
/// none. Whatever the tag is found by, too.
Expression IsError(bool wants_error) {
  Expression error =
      expr::Or({IsShown(Scope::kAny, "error", "true"), IsText(Field::kStatus, "error")});
  if (wants_error) return error;
  return expr::Or({Not(std::move(error)), IsShown(Scope::kAny, "error", "false")});
}

/// The fields that the API of Jaeger shows as tags, and as the name of an event.
std::optional<Field> ShownField(std::string_view key) {
  static constexpr std::pair<std::string_view, Field> kFields[] = {
      {"scope.name", Field::kScopeName},
      {"otel.scope.name", Field::kScopeName},
      {"otel.library.name", Field::kScopeName},
      {"scope.version", Field::kScopeVersion},
      {"otel.scope.version", Field::kScopeVersion},
      {"otel.library.version", Field::kScopeVersion},
      {"otel.status_description", Field::kStatusMessage},
      {"w3c.tracestate", Field::kTraceState},
      {"event", Field::kEventName},
  };
  const auto* found = std::ranges::find(kFields, key, &std::pair<std::string_view, Field>::first);
  return found == std::end(kFields) ? std::nullopt : std::optional(found->second);
}

/// What one of Jaeger's special keys stands for, besides an attribute; false when it is none.
Expression SpecialCondition(const Tag& tag) {
  if (tag.key == "span.status" || tag.key == "otel.status_code") {
    return IsWord(Field::kStatus, base::LowerCase(tag.value), true);
  }
  if (tag.key == "span.kind") return IsWord(Field::kKind, tag.value, false);
  if (const auto field = ShownField(tag.key)) return ShownAs(expr::Of(*field), tag.value);
  constexpr std::string_view kResourcePrefix = "resource.";
  if (tag.key.starts_with(kResourcePrefix)) {
    return IsShown(Scope::kResource, tag.key.substr(kResourcePrefix.size()), tag.value);
  }
  return expr::False();
}

}  // namespace

Expression IsText(Field field, std::string text) {
  return Compare(Op::kEqual, expr::Of(field), Literal::String(std::move(text)));
}

Expression ConditionOf(const Tag& tag) {
  if (tag.key == "error" && (tag.value == "true" || tag.value == "false")) {
    return IsError(tag.value == "true");
  }
  return expr::Or({SpecialCondition(tag), IsShown(Scope::kAny, tag.key, tag.value)});
}

}  // namespace clew::query
