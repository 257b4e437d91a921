#include "expr/expression.h"

#include <algorithm>
#include <iterator>
#include <limits>
#include <utility>

namespace clew::expr {
namespace {

using model::Owner;

Expression Group(Op op, std::vector<Expression> operands) {
  Expression group{.op = op};
  for (Expression& operand : operands) {
    if (operand.op == op) {
      std::ranges::move(operand.operands, std::back_inserter(group.operands));
    } else {
      group.operands.push_back(std::move(operand));
    }
  }
  if (group.operands.size() != 1) return group;
  Expression only = std::move(group.operands.front());
  return only;
}

}  // namespace

std::span<const Owner> OwnersOf(Scope scope) {
  static constexpr Owner kOwners[] = {Owner::kSpan, Owner::kResource, Owner::kScope, Owner::kEvent,
                                      Owner::kLink};
  const std::span<const Owner> all = kOwners;
  switch (scope) {
    case Scope::kAny:
      return all;
    case Scope::kSpanOrResource:
      return all.first(2);
    default:
      return all.subspan(static_cast<std::size_t>(scope), 1);
  }
}

Expression True() { return {.op = Op::kAnd}; }
Expression False() { return {.op = Op::kOr}; }
Expression And(std::vector<Expression> operands) { return Group(Op::kAnd, std::move(operands)); }
Expression Or(std::vector<Expression> operands) { return Group(Op::kOr, std::move(operands)); }

Expression Not(Expression operand) {
  Expression result{.op = Op::kNot};
  result.operands.push_back(std::move(operand));
  return result;
}

Expression Some(Owner owner, Expression operand) {
  Expression result{.op = Op::kSome, .owner = owner};
  result.operands.push_back(std::move(operand));
  return result;
}

Expression Exists(Reference reference) {
  return {.op = Op::kExists, .references = {std::move(reference)}};
}

Expression HasArray(Reference reference) {
  return {.op = Op::kHasArray, .references = {std::move(reference)}};
}

Expression HasOdd(Reference reference) {
  return {.op = Op::kHasOdd, .references = {std::move(reference)}};
}

Expression Compare(Op op, Reference left, Literal right) {
  return {.op = op, .references = {std::move(left)}, .literals = {std::move(right)}};
}

Expression Compare(Op op, Reference left, Reference right) {
  return {.op = op, .references = {std::move(left), std::move(right)}};
}

Expression IsOneOf(Reference left, std::vector<Literal> right) {
  return {.op = Op::kEqual, .references = {std::move(left)}, .literals = std::move(right)};
}

Expression Matches(Reference left, PatternPtr pattern) {
  return {.op = Op::kMatches, .references = {std::move(left)}, .pattern = std::move(pattern)};
}

Expression ShownAs(Reference left, std::string text) {
  return {.op = Op::kShownAs,
          .references = {std::move(left)},
          .literals = {Literal::String(std::move(text))}};
}

Expression Differs(Expression equal) {
  std::vector<Expression> operands;
  for (const Reference& reference : equal.references) operands.push_back(Exists(reference));
  operands.push_back(Not(std::move(equal)));
  return And(std::move(operands));
}

Expression At(TextRange range, Expression expression) {
  if (expression.range.is_known()) return expression;
  expression.range = range;
  for (Expression& operand : expression.operands) operand = At(range, std::move(operand));
  return expression;
}

Reference Of(Field field) {
  // The scopes of one owner have its number.
  return {.field = field, .scope = static_cast<Scope>(InfoOf(field).owner)};
}

Reference Attribute(Scope scope, std::string key) {
  return {.scope = scope, .key = std::move(key)};
}

std::optional<std::int64_t> LeastOf(const Expression& expression, Field field) {
  std::optional<std::int64_t> least;
  if (expression.op == Op::kAnd) {
    for (const Expression& operand : expression.operands) {
      if (const auto bound = LeastOf(operand, field)) {
        least = std::max(least.value_or(*bound), *bound);
      }
    }
    return least;
  }
  const bool is_bound = expression.op == Op::kGreater || expression.op == Op::kGreaterOrEqual ||
                        expression.op == Op::kEqual;
  if (!is_bound || expression.references.size() != 1 || expression.references[0] != Of(field)) {
    return least;
  }
  for (const Literal& literal : expression.literals) {
    if (!literal.integer) return std::nullopt;
    const bool is_next = expression.op == Op::kGreater &&
                         *literal.integer != std::numeric_limits<std::int64_t>::max();
    const std::int64_t bound = *literal.integer + (is_next ? 1 : 0);
    least = std::min(least.value_or(bound), bound);
  }
  return least;
}

}  // namespace clew::expr
