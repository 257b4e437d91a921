#include "expr/check.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>

#include "expr/print.h"

namespace clew::expr {
namespace {

using model::Owner;
using model::ValueType;

bool MayBeNumber(const Reference& reference) { return !reference.field || IsNumber(reference); }

bool MayBeNumber(const Literal& literal) { return literal.integer || literal.real; }

bool IsOrder(Op op) {
  return op == Op::kLess || op == Op::kLessOrEqual || op == Op::kGreater ||
         op == Op::kGreaterOrEqual;
}

bool HasOrder(const Reference& reference) {
  return !reference.field || InfoOf(*reference.field).kind != FieldKind::kWord;
}

/// What is wrong with the shape of it, without what is below; else empty.
std::string FaultOfShape(const Expression& expression) {
  const std::size_t operands = expression.operands.size();
  const std::size_t references = expression.references.size();
  const std::size_t literals = expression.literals.size();
  const bool has_terms = references + literals > 0 || expression.pattern != nullptr;
  switch (expression.op) {
    case Op::kAnd:
    case Op::kOr:
      return has_terms ? "\"and\" and \"or\" join conditions: put what is compared into one of them"
                       : "";
    case Op::kSome:
      if (expression.owner != Owner::kEvent && expression.owner != Owner::kLink) {
        return "\"some\" is of events or links";
      }
      [[fallthrough]];
    case Op::kNot:
      return has_terms || operands != 1 ? "\"not\" and \"some\" take one condition" : "";
    default:
      break;
  }
  if (operands != 0) return "a comparison is of values, not of conditions";
  if ((expression.pattern != nullptr) != (expression.op == Op::kMatches)) {
    return "a pattern belongs to a match, and a match has one";
  }
  bool is_right = false;
  switch (expression.op) {
    case Op::kExists:
    case Op::kHasArray:
    case Op::kHasOdd:
    case Op::kMatches:
      is_right = references == 1 && literals == 0;
      break;
    case Op::kShownAs:
      is_right = references == 1 && literals == 1;
      break;
    case Op::kEqual:
      is_right = references == 1 ? literals > 0 : references == 2 && literals == 0;
      break;
    default:
      is_right = references == 1 ? literals == 1 : references == 2 && literals == 0;
  }
  return is_right ? ""
                  : "a comparison is of an attribute or field with one value or another of them";
}

std::string FaultOfReference(const Reference& reference) {
  if (!reference.field) return "";
  const bool is_whole = reference.key.empty() && reference.scope == Of(*reference.field).scope;
  return is_whole ? "" : "a field has a scope of its own, and no key";
}

/// Of a comparison of the right shape.
std::string FaultOfTypes(const Expression& comparison) {
  if (IsOrder(comparison.op)) {
    for (const Reference& reference : comparison.references) {
      if (!HasOrder(reference)) return Print(reference) + " has no order";
    }
    if (std::ranges::any_of(comparison.literals, [](const Literal& literal) {
          return literal.type && *literal.type == ValueType::kBool;
        })) {
      return "what is true or false has no order";
    }
  }
  const bool is_compared = comparison.op == Op::kEqual || IsOrder(comparison.op);
  if (!is_compared || std::ranges::none_of(comparison.references, IsNumber)) return "";
  const bool can_hold =
      std::ranges::all_of(comparison.references,
                          [](const Reference& side) { return MayBeNumber(side); }) &&
      (comparison.literals.empty() ||
       std::ranges::any_of(comparison.literals,
                           [](const Literal& literal) { return MayBeNumber(literal); }));
  return can_hold
             ? ""
             : "times and durations are compared with numbers: name a time or a duration, as 1.5s";
}

Error Fault(const Expression& expression, std::string_view what) {
  const TextRange& range = expression.range;
  return {Code::kInvalidArgument,
          range.is_known()
              ? fmt::format("{} (in the call at byte {} to {})", what, range.begin, range.end)
              : std::string(what)};
}

/// Inside a kSome or not.
Status Check(const Expression& expression, bool is_inside, int depth) {
  if (depth > kDepthMax) {
    return std::unexpected(Fault(
        expression,
        fmt::format(
            "conditions nest more than {} deep: join those that are beside each other with one "
            "\"and\" or \"or\"",
            kDepthMax)));
  }
  std::string fault = FaultOfShape(expression);
  if (!fault.empty()) return std::unexpected(Fault(expression, fault));
  if (is_inside && expression.op == Op::kSome) {
    return std::unexpected(Fault(expression, "\"some\" inside of another one"));
  }
  for (const Reference& reference : expression.references) {
    fault = FaultOfReference(reference);
    if (!fault.empty()) return std::unexpected(Fault(expression, fault));
  }
  if (!expression.references.empty()) {
    fault = FaultOfTypes(expression);
    if (!fault.empty()) {
      return std::unexpected(Fault(expression, Print(expression) + ": " + fault));
    }
  }
  for (const Expression& operand : expression.operands) {
    TRY(Check(operand, is_inside || expression.op == Op::kSome, depth + 1));
  }
  return {};
}

}  // namespace

bool IsNumber(const Reference& reference) {
  if (!reference.field) return false;
  const FieldKind kind = InfoOf(*reference.field).kind;
  return kind == FieldKind::kTime || kind == FieldKind::kDuration;
}

Status Check(const Expression& expression) { return Check(expression, false, 1); }

}  // namespace clew::expr
