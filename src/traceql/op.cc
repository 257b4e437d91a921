#include "traceql/op.h"

#include <array>
#include <cstddef>
#include <utility>

namespace clew::traceql {
namespace {

struct Spelled {
  Op op;
  std::string_view spelling;
  int level;
};

// In the order of the enumeration.
constexpr auto kOps = std::to_array<Spelled>({
    {Op::kNot, "!", kNotLevel},
    {Op::kNegate, "-", kNegateLevel},
    {Op::kAnd, "&&", kLogicLevel},
    {Op::kOr, "||", kLogicLevel},
    {Op::kEqual, "=", kComparisonLevel},
    {Op::kNotEqual, "!=", kComparisonLevel},
    {Op::kMatches, "=~", kComparisonLevel},
    {Op::kNotMatches, "!~", kComparisonLevel},
    {Op::kGreater, ">", kComparisonLevel},
    {Op::kGreaterOrEqual, ">=", kComparisonLevel},
    {Op::kLess, "<", kComparisonLevel},
    {Op::kLessOrEqual, "<=", kComparisonLevel},
    {Op::kAdd, "+", kSumLevel},
    {Op::kSubtract, "-", kSumLevel},
    {Op::kMultiply, "*", kProductLevel},
    {Op::kDivide, "/", kProductLevel},
    {Op::kModulo, "%", kProductLevel},
    {Op::kPower, "^", kPowerLevel},
});

constexpr bool AreInOrder() {
  for (std::size_t i = 0; i < kOps.size(); ++i) {
    if (kOps[i].op != static_cast<Op>(i + static_cast<std::size_t>(Op::kNot))) return false;
  }
  return true;
}
static_assert(AreInOrder());

/// Null for what has no operands.
const Spelled* Find(Op op) {
  return op < Op::kNot ? nullptr
                       : &kOps[static_cast<std::size_t>(op) - static_cast<std::size_t>(Op::kNot)];
}

struct SpelledRelation {
  SpansetOp op;
  std::string_view spelling;
};

constexpr auto kSpansetOps = std::to_array<SpelledRelation>({
    {{Relation::kAnd, Form::kPlain}, "&&"},
    {{Relation::kOr, Form::kPlain}, "||"},
    {{Relation::kChild, Form::kPlain}, ">"},
    {{Relation::kChild, Form::kNegated}, "!>"},
    {{Relation::kChild, Form::kUnion}, "&>"},
    {{Relation::kDescendant, Form::kPlain}, ">>"},
    {{Relation::kDescendant, Form::kNegated}, "!>>"},
    {{Relation::kDescendant, Form::kUnion}, "&>>"},
    {{Relation::kParent, Form::kPlain}, "<"},
    {{Relation::kParent, Form::kNegated}, "!<"},
    {{Relation::kParent, Form::kUnion}, "&<"},
    {{Relation::kAncestor, Form::kPlain}, "<<"},
    {{Relation::kAncestor, Form::kNegated}, "!<<"},
    {{Relation::kAncestor, Form::kUnion}, "&<<"},
    {{Relation::kSibling, Form::kPlain}, "~"},
    {{Relation::kSibling, Form::kNegated}, "!~"},
    {{Relation::kSibling, Form::kUnion}, "&~"},
});

}  // namespace

int LevelOf(Op op) {
  const Spelled* const found = Find(op);
  return found == nullptr ? kLeafLevel : found->level;
}

std::string_view SpellingOf(Op op) {
  const Spelled* const found = Find(op);
  return found == nullptr ? "" : found->spelling;
}

std::optional<Op> FindBinaryOp(std::string_view spelling) {
  for (const Spelled& each : kOps) {
    if (each.op >= Op::kAnd && each.spelling == spelling) return each.op;
  }
  return std::nullopt;
}

bool IsLogic(Op op) { return op == Op::kAnd || op == Op::kOr; }
bool IsComparison(Op op) { return LevelOf(op) == kComparisonLevel; }
bool IsPlainComparison(Op op) {
  return IsComparison(op) && op != Op::kMatches && op != Op::kNotMatches;
}
Op Mirrored(Op op) {
  switch (op) {
    case Op::kGreater:
      return Op::kLess;
    case Op::kGreaterOrEqual:
      return Op::kLessOrEqual;
    case Op::kLess:
      return Op::kGreater;
    case Op::kLessOrEqual:
      return Op::kGreaterOrEqual;
    default:
      return op;
  }
}

bool IsArithmetic(Op op) { return op >= Op::kAdd; }

int LevelOf(SpansetOp op) {
  return op.relation == Relation::kAnd || op.relation == Relation::kOr ? kLogicLevel
                                                                       : kComparisonLevel;
}

std::string_view SpellingOf(SpansetOp op) {
  for (const SpelledRelation& each : kSpansetOps) {
    if (each.op == op) return each.spelling;
  }
  return "";
}

std::optional<SpansetOp> FindSpansetOp(std::string_view spelling) {
  for (const SpelledRelation& each : kSpansetOps) {
    if (each.spelling == spelling) return each.op;
  }
  return std::nullopt;
}

}  // namespace clew::traceql
