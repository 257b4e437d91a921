#include "traceql/lower.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "expr/pattern.h"
#include "expr/print.h"
#include "traceql/compare.h"

namespace clew::traceql {
namespace {

using expr::Expression;
using expr::Field;
using model::Owner;

expr::Scope ScopeOf(Scope scope) {
  switch (scope) {
    case Scope::kSpan:
      return expr::Scope::kSpan;
    case Scope::kResource:
      return expr::Scope::kResource;
    case Scope::kEvent:
      return expr::Scope::kEvent;
    case Scope::kLink:
      return expr::Scope::kLink;
    case Scope::kInstrumentation:
      return expr::Scope::kScope;
    case Scope::kUnscoped:
      break;
  }
  return expr::Scope::kSpanOrResource;
}

/// A comparison of an attribute, to the left, with a value.
struct Comparison {
  Op op;
  const Attribute* attribute;
  Static value;
};

/// `.x` is `.x = true`, and `!.x` is `.x = false`. Nothing for everything else.
std::optional<Comparison> ComparisonOf(const FieldExpression& expression) {
  const bool is_negated = expression.op == Op::kNot;
  const FieldExpression& bare = is_negated ? expression.operands[0] : expression;
  if (bare.op == Op::kAttribute) {
    return Comparison{Op::kEqual, &bare.attribute, Static::Bool(!is_negated)};
  }
  if (!IsComparison(expression.op)) return std::nullopt;
  const FieldExpression& left = expression.operands[0];
  const FieldExpression& right = expression.operands[1];
  if (left.op == Op::kAttribute && right.op == Op::kStatic) {
    return Comparison{expression.op, &left.attribute, right.value};
  }
  if (left.op == Op::kStatic && right.op == Op::kAttribute) {
    return Comparison{Mirrored(expression.op), &right.attribute, left.value};
  }
  return std::nullopt;
}

bool IsLowerable(const Attribute& attribute) {
  if (attribute.whose != Whose::kOwn) return false;
  return attribute.intrinsic == Intrinsic::kNone || FieldOf(attribute.intrinsic).has_value();
}

/// kEvent or kLink when it is of these; else kSpan.
Owner OwnerOf(const Attribute& attribute) {
  Owner owner = Owner::kSpan;
  if (attribute.intrinsic == Intrinsic::kNone) {
    if (attribute.scope == Scope::kEvent) owner = Owner::kEvent;
    if (attribute.scope == Scope::kLink) owner = Owner::kLink;
  } else if (const auto field = FieldOf(attribute.intrinsic)) {
    owner = InfoOf(*field).owner;
  }
  return owner == Owner::kEvent || owner == Owner::kLink ? owner : Owner::kSpan;
}

/// kEvent or kLink when all that is asked is asked of these, by comparisons, `&&` and `||`.
Owner OwnerOf(const FieldExpression& expression) {
  if (const auto comparison = ComparisonOf(expression)) return OwnerOf(*comparison->attribute);
  if (!IsLogic(expression.op)) return Owner::kSpan;
  const Owner owner = OwnerOf(expression.operands[0]);
  const bool is_same = std::ranges::all_of(
      expression.operands,
      [owner](const FieldExpression& operand) { return OwnerOf(operand) == owner; });
  return is_same ? owner : Owner::kSpan;
}

/// Where the attribute may be, in the order in which places count: those of the span before those
/// of its resource.
std::vector<expr::Reference> PlacesOf(const Attribute& attribute, Naming naming) {
  std::vector<expr::Scope> scopes = {ScopeOf(attribute.scope)};
  if (attribute.scope == Scope::kUnscoped) scopes = {expr::Scope::kSpan, expr::Scope::kResource};
  const std::vector<std::string> names = NamesFor(attribute.name, naming);
  std::vector<expr::Reference> places;
  for (const expr::Scope scope : scopes) {
    for (const std::string& name : names) places.push_back(expr::Attribute(scope, name));
  }
  return places;
}

/// It is there under one of its names, or under none.
Expression TestNil(const Comparison& comparison, Naming naming) {
  const Attribute& attribute = *comparison.attribute;
  std::vector<Expression> places;
  for (const std::string& name : NamesFor(attribute.name, naming)) {
    places.push_back(Exists(expr::Attribute(ScopeOf(attribute.scope), name)));
  }
  Expression is_there = expr::Or(std::move(places));
  // One negation: what is there and cannot be seen hides all that is there under further names.
  return comparison.op == Op::kEqual ? Not(std::move(is_there)) : is_there;
}

/// The first place that has the attribute decides.
Result<Expression> LowerAttribute(const Comparison& comparison, Naming naming) {
  if (comparison.value.type == Type::kNil) return TestNil(comparison, naming);
  std::vector<Expression> ways;
  std::vector<Expression> absent;
  for (const expr::Reference& place : PlacesOf(*comparison.attribute, naming)) {
    // What compares so is little, and mostly nothing: then nobody looks who has the others.
    std::vector<Expression> way;
    ASSIGN_OR_RETURN(way.emplace_back(), CompareAttribute(comparison.op, place, comparison.value));
    way.insert(way.end(), absent.begin(), absent.end());
    ways.push_back(expr::And(std::move(way)));
    absent.push_back(Not(Exists(place)));
  }
  return expr::Or(std::move(ways));
}

/// Of the attribute's own table: of an event, when it is of events.
Result<Expression> LowerInside(const Comparison& comparison, Naming naming) {
  const Attribute& attribute = *comparison.attribute;
  if (attribute.intrinsic == Intrinsic::kNone) return LowerAttribute(comparison, naming);
  return CompareField(comparison.op, *FieldOf(attribute.intrinsic), comparison.value);
}

/// What in it asks whether texts are equal to values of one reference, and of which: itself, or the
/// first operand of what LowerAttribute makes. Null when it asks anything else.
Expression* EqualityIn(Expression* condition, std::string* of_what) {
  Expression* equality = condition;
  if (condition->op == expr::Op::kAnd && !condition->operands.empty()) {
    equality = &condition->operands[0];
    for (std::size_t i = 1; i < condition->operands.size(); ++i) {
      const Expression& absent = condition->operands[i];
      if (absent.op != expr::Op::kNot || absent.operands[0].op != expr::Op::kExists) return nullptr;
      *of_what += Print(absent) + ' ';
    }
  }
  const bool is_equality = equality->op == expr::Op::kEqual && equality->references.size() == 1 &&
                           equality->literals.front().type == model::ValueType::kString;
  if (!is_equality) return nullptr;
  *of_what += Print(equality->references[0]);
  return equality;
}

/// `.a = "x" || .a = "y"` asks once, for both texts.
Expression AnyOf(std::vector<Expression> operands) {
  Expression all = Or(std::move(operands));
  if (all.op != expr::Op::kOr) return all;
  std::vector<Expression> left;
  std::map<std::string, std::size_t> places;
  for (Expression& operand : all.operands) {
    std::string of_what;
    Expression* const equality = EqualityIn(&operand, &of_what);
    if (equality != nullptr) {
      const auto [place, is_new] = places.emplace(of_what, left.size());
      if (!is_new) {
        Expression* const first = EqualityIn(&left[place->second], &of_what);
        std::ranges::move(equality->literals, std::back_inserter(first->literals));
        continue;
      }
    }
    left.push_back(std::move(operand));
  }
  return Or(std::move(left));
}

Expression Join(Op op, std::vector<Expression> operands) {
  return op == Op::kAnd ? And(std::move(operands)) : AnyOf(std::move(operands));
}

/// Of what has an OwnerOf: what holds for one event, or link, of it.
Result<Expression> LowerInside(const FieldExpression& expression, Naming naming) {
  if (const auto comparison = ComparisonOf(expression)) {
    ASSIGN_OR_RETURN(Expression condition, LowerInside(*comparison, naming));
    return At(expression.place, std::move(condition));
  }
  std::vector<Expression> operands;
  for (const FieldExpression& operand : expression.operands) {
    ASSIGN_OR_RETURN(operands.emplace_back(), LowerInside(operand, naming));
  }
  return Join(expression.op, std::move(operands));
}

bool IsTrue(const Expression& condition) {
  return condition.op == expr::Op::kAnd && condition.operands.empty();
}

Result<Lowered> LowerConstant(const FieldExpression& expression) {
  if (expression.op == Op::kStatic) {
    return Lowered{expression.value.is_bool(true) ? expr::True() : expr::False(), true};
  }
  const bool is_of_texts = (expression.op == Op::kMatches || expression.op == Op::kNotMatches) &&
                           expression.operands[0].op == Op::kStatic;
  if (!is_of_texts) return Lowered{};
  ASSIGN_OR_RETURN(const expr::PatternPtr pattern,
                   expr::Pattern::CompileWhole(expression.operands[1].value.text));
  const bool is_found = pattern->IsFoundIn(expression.operands[0].value.text);
  return Lowered{is_found == (expression.op == Op::kMatches) ? expr::True() : expr::False(), true};
}

/// All operands of `&&`, however they are in parentheses.
void AddConjuncts(const FieldExpression& expression, std::vector<const FieldExpression*>* all) {
  if (expression.op != Op::kAnd) return all->push_back(&expression);
  for (const FieldExpression& operand : expression.operands) AddConjuncts(operand, all);
}

Result<Lowered> LowerAnd(const FieldExpression& conjunction, Naming naming) {
  std::vector<const FieldExpression*> all;
  AddConjuncts(conjunction, &all);
  Lowered result{.is_exact = true};
  std::vector<Expression> operands;
  for (const Owner owner : {Owner::kEvent, Owner::kLink}) {
    std::vector<Expression> of_owner;
    for (const FieldExpression* const each : all) {
      if (OwnerOf(*each) != owner) continue;
      ASSIGN_OR_RETURN(of_owner.emplace_back(), LowerInside(*each, naming));
    }
    if (!of_owner.empty()) operands.push_back(Some(owner, And(std::move(of_owner))));
  }
  for (const FieldExpression* const each : all) {
    if (OwnerOf(*each) != Owner::kSpan) continue;
    ASSIGN_OR_RETURN(Lowered lowered, Lower(*each, naming));
    result.is_exact = result.is_exact && lowered.is_exact;
    operands.push_back(std::move(lowered.condition));
  }
  result.condition = And(std::move(operands));
  return result;
}

Result<Lowered> LowerOr(const FieldExpression& disjunction, Naming naming) {
  Lowered result{.is_exact = true};
  std::vector<Expression> operands;
  bool is_true = false;
  for (const FieldExpression& operand : disjunction.operands) {
    ASSIGN_OR_RETURN(Lowered lowered, Lower(operand, naming));
    result.is_exact = result.is_exact && lowered.is_exact;
    is_true = is_true || IsTrue(lowered.condition);
    operands.push_back(std::move(lowered.condition));
  }
  result.condition = is_true ? expr::True() : AnyOf(std::move(operands));
  return result;
}

}  // namespace

std::optional<Field> FieldOf(Intrinsic intrinsic) {
  switch (intrinsic) {
    case Intrinsic::kDuration:
      return Field::kDuration;
    case Intrinsic::kName:
      return Field::kName;
    case Intrinsic::kStatus:
      return Field::kStatus;
    case Intrinsic::kStatusMessage:
      return Field::kStatusMessage;
    case Intrinsic::kKind:
      return Field::kKind;
    case Intrinsic::kSpanId:
      return Field::kSpanId;
    case Intrinsic::kParentId:
      return Field::kParentSpanId;
    case Intrinsic::kTraceId:
      return Field::kTraceId;
    case Intrinsic::kEventName:
      return Field::kEventName;
    case Intrinsic::kEventTimeSinceStart:
      return Field::kEventTimeSinceStart;
    case Intrinsic::kLinkTraceId:
      return Field::kLinkTraceId;
    case Intrinsic::kLinkSpanId:
      return Field::kLinkSpanId;
    case Intrinsic::kInstrumentationName:
      return Field::kScopeName;
    case Intrinsic::kInstrumentationVersion:
      return Field::kScopeVersion;
    default:
      return std::nullopt;
  }
}

Result<Lowered> Lower(const FieldExpression& filter, Naming naming) {
  if (const Owner owner = OwnerOf(filter); owner != Owner::kSpan) {
    ASSIGN_OR_RETURN(Expression condition, LowerInside(filter, naming));
    return Lowered{At(filter.place, Some(owner, std::move(condition))), true};
  }
  if (const auto comparison = ComparisonOf(filter)) {
    if (!IsLowerable(*comparison->attribute)) return Lowered{};
    ASSIGN_OR_RETURN(Expression condition, LowerInside(filter, naming));
    return Lowered{std::move(condition), true};
  }
  if (filter.op == Op::kAnd) return LowerAnd(filter, naming);
  if (filter.op == Op::kOr) return LowerOr(filter, naming);
  if (filter.op != Op::kNot) return LowerConstant(filter);
  ASSIGN_OR_RETURN(Lowered lowered, Lower(filter.operands[0], naming));
  // Of what is more than what is asked for, the rest is less.
  if (!lowered.is_exact) return Lowered{};
  lowered.condition = Not(std::move(lowered.condition));
  return lowered;
}

}  // namespace clew::traceql
