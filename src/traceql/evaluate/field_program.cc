#include "traceql/evaluate/field_program.h"

#include <algorithm>
#include <cstddef>
#include <functional>
#include <optional>
#include <string_view>
#include <utility>

#include "model/service_name.h"

namespace clew::traceql::evaluate {
namespace {

using model::Owner;
using Bound = Term::Bound;

Owner OwnerOf(Scope scope) {
  switch (scope) {
    case Scope::kResource:
      return Owner::kResource;
    case Scope::kEvent:
      return Owner::kEvent;
    case Scope::kLink:
      return Owner::kLink;
    case Scope::kInstrumentation:
      return Owner::kScope;
    case Scope::kUnscoped:
    case Scope::kSpan:
      break;
  }
  return Owner::kSpan;
}

Bound BoundOf(const Attribute& attribute) {
  switch (attribute.intrinsic) {
    case Intrinsic::kEventName:
    case Intrinsic::kEventTimeSinceStart:
      return Bound::kEvent;
    case Intrinsic::kLinkTraceId:
    case Intrinsic::kLinkSpanId:
      return Bound::kLink;
    default:
      break;
  }
  if (attribute.scope == Scope::kEvent) return Bound::kEvent;
  return attribute.scope == Scope::kLink ? Bound::kLink : Bound::kSpan;
}

Bound Both(Bound left, Bound right) {
  if (left == Bound::kSpan) return right;
  if (right == Bound::kSpan || right == left) return left;
  return Bound::kEventAndLink;
}

/// Of everything in the expression, whatever is around it.
Bound MentionedIn(const FieldExpression& expression) {
  if (expression.op == Op::kAttribute) return BoundOf(expression.attribute);
  Bound bound = Bound::kSpan;
  for (const FieldExpression& operand : expression.operands) {
    bound = Both(bound, MentionedIn(operand));
  }
  return bound;
}

/// What is asked of one event, or one link: a condition on these only, with `&&` and `||` as far as
/// all they join is of the same. What `!` negates is asked of the span, but for `!event.x`.
Bound BoundOf(const FieldExpression& expression) {
  if (expression.op == Op::kNot && expression.operands[0].op != Op::kAttribute) return Bound::kSpan;
  if (!IsLogic(expression.op)) return MentionedIn(expression);
  const Bound bound = BoundOf(expression.operands[0]);
  const bool is_one = bound != Bound::kEventAndLink &&
                      std::ranges::all_of(expression.operands, [bound](const auto& operand) {
                        return BoundOf(operand) == bound;
                      });
  return is_one ? bound : Bound::kSpan;
}

/// Of what is no comparison.
Term::Kind KindOf(Op op) {
  switch (op) {
    case Op::kStatic:
      return Term::Kind::kStatic;
    case Op::kAttribute:
      return Term::Kind::kAttribute;
    case Op::kNot:
      return Term::Kind::kNot;
    case Op::kNegate:
      return Term::Kind::kNegate;
    case Op::kAnd:
      return Term::Kind::kAnd;
    case Op::kOr:
      return Term::Kind::kOr;
    default:
      return Term::Kind::kArithmetic;
  }
}

bool IsNil(const FieldExpression& expression) {
  return expression.op == Op::kStatic && expression.value.type == Type::kNil;
}

/// Digits in an id of the intrinsic; 0 when it is none.
std::size_t IdDigitsOf(Intrinsic intrinsic) {
  switch (intrinsic) {
    case Intrinsic::kTraceId:
    case Intrinsic::kLinkTraceId:
      return 2 * sizeof(TraceId);
    case Intrinsic::kSpanId:
    case Intrinsic::kParentId:
    case Intrinsic::kLinkSpanId:
      return 2 * sizeof(SpanId);
    default:
      return 0;
  }
}

template <typename Id>
std::string OctetsOf(std::string_view digits) {
  const std::optional<Id> id = digits.empty() ? Id() : Id::FromHex(digits);
  // What is no id is equal to none.
  if (!id) return "?";
  return {reinterpret_cast<const char*>(id->bytes.data()), id->bytes.size()};
}

/// What `attribute` is compared with as equal, in the form that its values have: ids without regard
/// to case and leading zeros, and a name as clew shows it.
void Normalise(const Attribute& attribute, Op op, Term* constant) {
  if (constant->op != Op::kStatic || constant->value.type != Type::kString) return;
  if (op != Op::kEqual && op != Op::kNotEqual) return;
  std::string& text = constant->value.text;
  if (attribute.intrinsic == Intrinsic::kName) text = model::OperationName(text);
  const std::size_t digits = IdDigitsOf(attribute.intrinsic);
  if (digits == 0) return;
  text.erase(0, text.find_first_not_of('0'));
  text = digits == 2 * sizeof(TraceId) ? OctetsOf<TraceId>(text) : OctetsOf<SpanId>(text);
  constant->is_id = true;
}

}  // namespace

Slot FieldProgram::SlotOf(const Attribute& attribute) {
  const auto known = std::ranges::find(sources_, attribute, &Source::attribute);
  if (known != sources_.end()) return static_cast<Slot>(known - sources_.begin());
  Source source{.attribute = attribute};
  if (attribute.intrinsic == Intrinsic::kNone) {
    const std::vector<std::string> names = NamesFor(attribute.name, naming_);
    for (const std::string& name : names) AddFetch(OwnerOf(attribute.scope), name, &source);
    if (attribute.scope == Scope::kUnscoped) {
      for (const std::string& name : names) AddFetch(Owner::kResource, name, &source);
    }
  } else if (attribute.intrinsic == Intrinsic::kRootService) {
    AddFetch(Owner::kResource, model::kServiceNameKey, &source);
  }
  sources_.push_back(std::move(source));
  return static_cast<Slot>(sources_.size() - 1);
}

void FieldProgram::AddFetch(Owner owner, std::string_view key, Source* source) {
  Fetch fetch{.owner = owner, .key = std::string(key)};
  const auto known = std::ranges::find(fetches_, fetch);
  source->fetches.push_back(static_cast<std::uint32_t>(known - fetches_.begin()));
  if (known == fetches_.end()) fetches_.push_back(std::move(fetch));
}

Result<Term> FieldProgram::Prepare(const FieldExpression& expression) {
  if (IsComparison(expression.op)) return PrepareComparison(expression);
  Term term{.kind = KindOf(expression.op),
            .op = expression.op,
            .value = expression.value,
            .bound = BoundOf(expression)};
  if (expression.op == Op::kAttribute) term.slot = SlotOf(expression.attribute);
  TRY(AddOperands(expression, &term));
  if (term.op == Op::kAnd) std::ranges::stable_sort(term.operands, {}, &Term::bound);
  return term;
}

Status FieldProgram::AddOperands(const FieldExpression& expression, Term* term) {
  for (const FieldExpression& operand : expression.operands) {
    if (term->op == Op::kAnd && operand.op == Op::kAnd) {
      TRY(AddOperands(operand, term));
    } else {
      ASSIGN_OR_RETURN(term->operands.emplace_back(), Prepare(operand));
    }
  }
  return {};
}

Result<Term> FieldProgram::PrepareComparison(const FieldExpression& expression) {
  const FieldExpression& left = expression.operands[0];
  const FieldExpression& right = expression.operands[1];
  Term term{.kind = Term::Kind::kComparison, .op = expression.op, .bound = BoundOf(expression)};
  if (expression.op == Op::kMatches || expression.op == Op::kNotMatches) {
    term.kind = Term::Kind::kMatch;
    ASSIGN_OR_RETURN(term.pattern, expr::Pattern::CompileWhole(right.value.text));
    ASSIGN_OR_RETURN(term.operands.emplace_back(), Prepare(left));
    return term;
  }
  if (IsNil(left) || IsNil(right)) {
    term.kind = Term::Kind::kNilTest;
    ASSIGN_OR_RETURN(term.operands.emplace_back(), Prepare(IsNil(left) ? right : left));
    return term;
  }
  TRY(AddOperands(expression, &term));
  if (left.op == Op::kAttribute) Normalise(left.attribute, term.op, &term.operands[1]);
  if (right.op == Op::kAttribute) Normalise(right.attribute, term.op, &term.operands[0]);
  return term;
}

}  // namespace clew::traceql::evaluate
