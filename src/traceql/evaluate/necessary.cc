#include "traceql/evaluate/necessary.h"

#include <optional>
#include <string>
#include <utility>

#include "expr/check.h"
#include "expr/pattern.h"
#include "model/service_name.h"
#include "traceql/evaluate/value.h"
#include "traceql/lower.h"

namespace clew::traceql::evaluate {
namespace {

using expr::Expression;

/// What is known of the spans of a trace once something gives a set of them.
struct Needed {
  /// Holds for every span of the set.
  Expression result = expr::True();
  /// Each holds for some span of the trace.
  std::vector<Expression> others{};
};

bool SaysNothing(const Expression& condition) {
  return condition.op == expr::Op::kAnd && condition.operands.empty();
}

/// Or() of conditions of which one may say nothing.
Expression AnyOf(std::vector<Expression> conditions) {
  for (const Expression& each : conditions) {
    if (SaysNothing(each)) return expr::True();
  }
  return expr::Or(std::move(conditions));
}

/// One condition that holds for some span.
const Expression& Best(const Needed& needed) {
  if (!SaysNothing(needed.result)) return needed.result;
  for (const Expression& other : needed.others) {
    if (!SaysNothing(other)) return other;
  }
  return needed.result;
}

void AddOthers(Needed from, Needed* to) {
  for (Expression& other : from.others) to->others.push_back(std::move(other));
}

/// Whether a comparison of an empty text with `value` can hold.
bool TakesEmpty(Op op, const Static& value, bool is_value_left) {
  if (value.type != Type::kString) return true;
  if (op == Op::kMatches || op == Op::kNotMatches) {
    const auto pattern = expr::Pattern::CompileWhole(value.text);
    return !pattern || (*pattern)->IsFoundIn("") == (op == Op::kMatches);
  }
  const Value empty = Value::String("");
  const Value other = Value::Of(value);
  return is_value_left ? Compare(op, other, empty).value_or(true)
                       : Compare(op, empty, other).value_or(true);
}

/// The attribute by which another span of the trace has the value; nothing when none has, or when
/// the comparison may hold where there is no such span.
std::optional<Attribute> OfAnotherSpan(const Attribute& attribute, Op op, const Static& value,
                                       bool is_value_left) {
  if (attribute.whose != Whose::kOwn) {
    if (value.type == Type::kNil && op == Op::kEqual) return std::nullopt;
    Attribute own = attribute;
    own.whose = Whose::kOwn;
    return own;
  }
  const bool is_name = attribute.intrinsic == Intrinsic::kRootName;
  if (!is_name && attribute.intrinsic != Intrinsic::kRootService) return std::nullopt;
  if (TakesEmpty(op, value, is_value_left)) return std::nullopt;
  // `name` takes an empty text for what spans without a name are called, and the root's does not.
  if (is_name && value.text.empty()) return std::nullopt;
  if (is_name) return Attribute{.intrinsic = Intrinsic::kName};
  return Attribute{.scope = Scope::kResource, .name = std::string(model::kServiceNameKey)};
}

/// Adds what an operand of `&&` says of the parent or root of a span.
Status AddOfAnotherSpan(const FieldExpression& conjunct, Naming naming, Needed* needed) {
  if (!IsComparison(conjunct.op)) return {};
  const bool is_value_left = conjunct.operands[0].op == Op::kStatic;
  const FieldExpression& attribute = conjunct.operands[is_value_left ? 1 : 0];
  const FieldExpression& value = conjunct.operands[is_value_left ? 0 : 1];
  if (attribute.op != Op::kAttribute || value.op != Op::kStatic) return {};
  std::optional<Attribute> own =
      OfAnotherSpan(attribute.attribute, conjunct.op, value.value, is_value_left);
  if (!own) return {};
  FieldExpression comparison = conjunct;
  comparison.operands[is_value_left ? 1 : 0].attribute = std::move(*own);
  ASSIGN_OR_RETURN(Lowered lowered, Lower(comparison, naming));
  needed->others.push_back(std::move(lowered.condition));
  return {};
}

Status AddOfOtherSpans(const FieldExpression& filter, Naming naming, Needed* needed) {
  if (filter.op != Op::kAnd) return AddOfAnotherSpan(filter, naming, needed);
  for (const FieldExpression& operand : filter.operands) {
    TRY(AddOfOtherSpans(operand, naming, needed));
  }
  return {};
}

Result<Needed> NeededBy(const Pipeline& pipeline, Naming naming);
Result<Needed> NeededBy(const SpansetExpression& expression, Naming naming);

/// Of `||`, where one side suffices, and `&&`, where each must give a span.
Result<Needed> NeededByUnion(const SpansetExpression& expression, Naming naming) {
  const bool needs_all = expression.op.relation == Relation::kAnd;
  Needed needed;
  std::vector<Expression> results;
  std::vector<Expression> best;
  for (const SpansetExpression& operand : expression.operands) {
    ASSIGN_OR_RETURN(Needed side, NeededBy(operand, naming));
    results.push_back(side.result);
    best.push_back(Best(side));
    if (!needs_all) continue;
    needed.others.push_back(side.result);
    AddOthers(std::move(side), &needed);
  }
  needed.result = AnyOf(std::move(results));
  if (!needs_all && SaysNothing(needed.result)) needed.others.push_back(AnyOf(std::move(best)));
  return needed;
}

Result<Needed> NeededBy(const SpansetExpression& expression, Naming naming) {
  if (expression.kind == SpansetExpression::Kind::kPipeline) {
    return NeededBy(expression.pipeline, naming);
  }
  if (expression.kind == SpansetExpression::Kind::kFilter) {
    Needed needed;
    ASSIGN_OR_RETURN(Lowered lowered, Lower(expression.filter, naming));
    needed.result = std::move(lowered.condition);
    TRY(AddOfOtherSpans(expression.filter, naming, &needed));
    return needed;
  }
  const Relation relation = expression.op.relation;
  if (relation == Relation::kAnd || relation == Relation::kOr) {
    return NeededByUnion(expression, naming);
  }
  ASSIGN_OR_RETURN(Needed right, NeededBy(expression.operands[1], naming));
  if (expression.op.form == Form::kNegated) return right;
  ASSIGN_OR_RETURN(Needed left, NeededBy(expression.operands[0], naming));
  Needed needed;
  needed.result = right.result;
  if (expression.op.form == Form::kUnion) {
    needed.result = AnyOf({left.result, right.result});
    needed.others.push_back(right.result);
  }
  needed.others.push_back(left.result);
  AddOthers(std::move(left), &needed);
  AddOthers(std::move(right), &needed);
  return needed;
}

/// Stages give spans of those that they get.
Result<Needed> NeededBy(const Pipeline& pipeline, Naming naming) {
  Needed needed;
  for (const Stage& stage : pipeline) {
    if (stage.kind != Stage::Kind::kSpansets) continue;
    ASSIGN_OR_RETURN(Needed next, NeededBy(stage.spansets, naming));
    needed.result = expr::And({std::move(needed.result), std::move(next.result)});
    AddOthers(std::move(next), &needed);
  }
  return needed;
}

}  // namespace

Result<std::vector<Expression>> Necessary(const Pipeline& pipeline, Naming naming) {
  ASSIGN_OR_RETURN(Needed needed, NeededBy(pipeline, naming));
  std::vector<Expression> conditions;
  const auto add = [&conditions](Expression condition) {
    // What is deeper than expressions may be can be left out.
    if (!SaysNothing(condition) && expr::Check(condition)) {
      conditions.push_back(std::move(condition));
    }
  };
  add(std::move(needed.result));
  for (Expression& other : needed.others) add(std::move(other));
  return conditions;
}

Result<Expression> NecessaryOfFound(const Pipeline& pipeline, Naming naming) {
  ASSIGN_OR_RETURN(Needed needed, NeededBy(pipeline, naming));
  // As above.
  return expr::Check(needed.result) ? std::move(needed.result) : expr::True();
}

}  // namespace clew::traceql::evaluate
