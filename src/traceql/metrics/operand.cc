#include "traceql/metrics/operand.h"

#include <algorithm>
#include <utility>

#include "traceql/lower.h"
#include "traceql/metrics/span_weight.h"

namespace clew::traceql::metrics {
namespace {

/// The spans that come out are those for which a condition holds: `{ a } | { b } | select(c)`.
Result<std::optional<expr::Expression>> ConditionOf(const Pipeline& pipeline, Naming naming) {
  std::vector<expr::Expression> conditions;
  for (const Stage& stage : pipeline) {
    if (stage.kind == Stage::Kind::kSelect) continue;
    const bool is_filter = stage.kind == Stage::Kind::kSpansets &&
                           stage.spansets.kind == SpansetExpression::Kind::kFilter;
    if (!is_filter) return std::nullopt;
    ASSIGN_OR_RETURN(Lowered lowered, Lower(stage.spansets.filter, naming));
    if (!lowered.is_exact) return std::nullopt;
    conditions.push_back(std::move(lowered.condition));
  }
  return expr::And(std::move(conditions));
}

Result<std::optional<ScanPlan>> PlanScan(const MetricsExpression& expression, Naming naming) {
  const MetricsFunction& function = expression.function;
  const bool is_plain = std::ranges::all_of(function.by, IsOfSpanAlone) &&
                        (!function.attribute || IsOfSpanAlone(*function.attribute));
  if (!is_plain) return std::nullopt;
  ASSIGN_OR_RETURN(std::optional<expr::Expression> condition,
                   ConditionOf(expression.pipeline, naming));
  if (!condition) return std::nullopt;
  ScanPlan plan{.condition = std::move(*condition), .by = function.by, .value = function.attribute};
  if (function.kind == MetricsFunction::Kind::kCompare) {
    ASSIGN_OR_RETURN(Lowered selection, Lower(function.selection, naming));
    if (!selection.is_exact) return std::nullopt;
    plan.selection = std::move(selection.condition);
  }
  return plan;
}

Result<Comparison> Compare(const MetricsFunction& function, evaluate::FieldProgram* fields) {
  Comparison comparison;
  ASSIGN_OR_RETURN(comparison.selection, fields->Prepare(function.selection));
  comparison.fields = ComparedFields(fields);
  const std::vector<Static>& bounds = function.bounds;
  if (!bounds.empty()) comparison.value_count = static_cast<std::size_t>(bounds[0].number);
  if (bounds.size() >= 3) {
    comparison.start = static_cast<std::uint64_t>(bounds[1].number);
    comparison.end = static_cast<std::uint64_t>(bounds[2].number);
  }
  return comparison;
}

Function FunctionOf(const MetricsFunction& written) {
  Function function{.kind = written.kind};
  for (const Attribute& attribute : written.by) function.by.push_back(Print(attribute));
  for (const Static& quantile : written.quantiles) {
    function.quantiles.push_back(quantile.AsReal());
  }
  const bool is_intrinsic = written.attribute && written.attribute->intrinsic != Intrinsic::kNone;
  function.is_duration =
      is_intrinsic && InfoOf(written.attribute->intrinsic).type == Type::kDuration;
  return function;
}

}  // namespace

bool IsOfSpanAlone(const Attribute& attribute) {
  if (attribute.whose != Whose::kOwn) return false;
  switch (attribute.intrinsic) {
    case Intrinsic::kNone:
      return attribute.scope != Scope::kEvent && attribute.scope != Scope::kLink;
    case Intrinsic::kDuration:
    case Intrinsic::kName:
    case Intrinsic::kStatus:
    case Intrinsic::kStatusMessage:
    case Intrinsic::kKind:
    case Intrinsic::kSpanId:
    case Intrinsic::kParentId:
    case Intrinsic::kTraceId:
    case Intrinsic::kInstrumentationName:
    case Intrinsic::kInstrumentationVersion:
      return true;
    default:
      return false;
  }
}

Result<Operand> Operand::Prepare(const MetricsExpression& expression, Naming naming,
                                 bool extrapolates) {
  const MetricsFunction& function = expression.function;
  evaluate::FieldProgram fields(naming);
  std::vector<evaluate::Slot> by;
  for (const Attribute& attribute : function.by) by.push_back(fields.SlotOf(attribute));
  std::optional<evaluate::Slot> value;
  if (function.attribute) value = fields.SlotOf(*function.attribute);
  std::optional<evaluate::Slot> sample_rate;
  if (extrapolates) {
    sample_rate = fields.SlotOf({.scope = Scope::kSpan, .name = std::string(kSampleRateKey)});
  }
  std::optional<Comparison> comparison;
  if (function.kind == MetricsFunction::Kind::kCompare) {
    ASSIGN_OR_RETURN(comparison, Compare(function, &fields));
  }
  ASSIGN_OR_RETURN(evaluate::Program program,
                   evaluate::Program::Prepare(expression.pipeline, std::move(fields)));
  Operand operand(expression.pipeline, std::move(program));
  operand.function_ = FunctionOf(function);
  operand.by_ = std::move(by);
  operand.value_ = value;
  operand.sample_rate_ = sample_rate;
  operand.comparison_ = std::move(comparison);
  ASSIGN_OR_RETURN(operand.scan_, PlanScan(expression, naming));
  return operand;
}

}  // namespace clew::traceql::metrics
