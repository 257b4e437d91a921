#pragma once

#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/json_document.h"
#include "base/vocabulary.h"
#include "expr/expression.h"

namespace clew::api::jaeger {

/// What an operator compares: an argument that is no call.
struct FilterTerm {
  enum class Kind { kAttribute, kField, kNested, kScalar, kList };
  /// What a value must be to compare; attributes may hold anything.
  enum class Domain { kAny, kText, kNumber, kBool, kDuration, kTime, kSpanKind, kSpanStatus };

  Kind kind = Kind::kScalar;
  Domain domain = Domain::kAny;
  /// Of the first two kinds.
  expr::Reference reference{};
  /// Of kNested.
  model::Owner owner = model::Owner::kEvent;
  /// One for a scalar.
  std::vector<expr::Literal> literals{};

  bool is_reference() const { return kind == Kind::kAttribute || kind == Kind::kField; }
};

/// For messages, e.g. "an attribute".
std::string_view NameOf(const FilterTerm& term);

/// An object without members besides those of `names`.
Status WantMembers(const JsonValue& json, std::string_view what,
                   std::initializer_list<std::string_view> names);
/// A text, empty when it is absent.
Result<std::string> TextMember(const JsonValue& json, std::string_view name);

/// The member `name` of an object that has no other.
std::optional<JsonValue> OnlyMember(const JsonValue& json, std::string_view name);

Result<FilterTerm> ReadTerm(const JsonValue& json);

/// The operators that compare.
enum class FilterOp { kExists, kEq, kNe, kGt, kLt, kGte, kLte, kRegex, kIn, kNotIn };

/// A call that compares: one term for kExists, else two. A constant on the left changes sides.
Result<expr::Expression> MakeComparison(FilterOp op, std::string_view op_name,
                                        std::vector<FilterTerm> terms);

}  // namespace clew::api::jaeger
