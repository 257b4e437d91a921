#include "traceql/evaluate/trace_bound.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "expr/check.h"
#include "expr/or_arrays.h"
#include "traceql/lower.h"
#include "traceql/op.h"

namespace clew::traceql::evaluate {
namespace {

using expr::Expression;
/// By condition.
using Required = std::vector<bool>;

bool SaysNothing(const Expression& condition) {
  return condition.op == expr::Op::kAnd && condition.operands.empty();
}

bool IsCount(const ScalarExpression& scalar) {
  return scalar.op == Op::kAggregate && scalar.aggregate.kind == Aggregate::Kind::kCount;
}

/// How many spans there must be for a count, which is never more, to compare so.
std::uint64_t CountMin(const ScalarFilter& filter) {
  const bool is_count_left = IsCount(filter.left);
  const ScalarExpression& count = is_count_left ? filter.left : filter.right;
  const ScalarExpression& number = is_count_left ? filter.right : filter.left;
  if (!IsCount(count) || number.op != Op::kStatic || !number.value.is_number()) return 0;
  const Op op = is_count_left ? filter.op : Mirrored(filter.op);
  constexpr double kMost = 1e9;  // of a trace are fewer
  const double least = std::min(number.value.AsReal(), kMost);
  if (!(least > -1)) return 0;
  if (op == Op::kGreater) return static_cast<std::uint64_t>(std::floor(least)) + 1;
  if (op != Op::kGreaterOrEqual && op != Op::kEqual) return 0;
  return static_cast<std::uint64_t>(std::max(std::ceil(least), 0.0));
}

/// Recursion ends with traceql::kDepthMax.
class Bounding {
 public:
  explicit Bounding(Naming naming) : naming_(naming) {}

  Result<std::vector<BoundStage>> Stages(const Pipeline& pipeline) {
    std::vector<BoundStage> stages;
    for (const Stage& stage : pipeline) {
      if (stage.kind == Stage::Kind::kSpansets) {
        ASSIGN_OR_RETURN(BoundSet spansets, SetOf(stage.spansets));
        stages.push_back({.spansets = std::move(spansets)});
      } else if (stage.kind == Stage::Kind::kScalarFilter) {
        // Of each set of spans they are no more than of all together.
        stages.push_back({.count_min = CountMin(stage.filter)});
      }
    }
    return stages;
  }

  std::vector<Expression> conditions;

 private:
  Result<BoundSet> SetOf(const SpansetExpression& expression) {
    BoundSet set{.kind = expression.kind, .op = expression.op, .pipeline = {}};
    if (expression.kind == SpansetExpression::Kind::kFilter) {
      ASSIGN_OR_RETURN(set.condition, ConditionOf(expression.filter));
    }
    for (const SpansetExpression& operand : expression.operands) {
      ASSIGN_OR_RETURN(set.operands.emplace_back(), SetOf(operand));
    }
    ASSIGN_OR_RETURN(set.pipeline, Stages(expression.pipeline));
    return set;
  }

  Result<std::optional<std::size_t>> ConditionOf(const FieldExpression& filter) {
    const auto known = std::ranges::find_if(
        filters_, [&](const FieldExpression* each) { return *each == filter; });
    if (known != filters_.end()) return static_cast<std::size_t>(known - filters_.begin());
    ASSIGN_OR_RETURN(Lowered lowered, Lower(filter, naming_));
    Expression condition = expr::OrArrays(std::move(lowered.condition));
    // What is deeper than expressions may be can be left out.
    if (SaysNothing(condition) || !expr::Check(condition)) return std::nullopt;
    filters_.push_back(&filter);
    conditions.push_back(std::move(condition));
    return conditions.size() - 1;
  }

  const Naming naming_;
  std::vector<const FieldExpression*> filters_;  // of the conditions
};

void Add(const Required& more, Required* required) {
  for (std::size_t i = 0; i < more.size(); ++i) (*required)[i] = (*required)[i] || more[i];
}

Required RequiredBy(std::span<const BoundStage> stages, std::size_t count);

Required RequiredBy(const BoundSet& set, std::size_t count) {
  Required required(count, false);
  if (set.kind == SpansetExpression::Kind::kPipeline) return RequiredBy(set.pipeline, count);
  if (set.kind == SpansetExpression::Kind::kFilter) {
    if (set.condition) required[*set.condition] = true;
    return required;
  }
  if (set.op.form == Form::kNegated) return RequiredBy(set.operands[1], count);
  const bool is_any = set.op.relation == Relation::kOr;
  for (std::size_t i = 0; i < set.operands.size(); ++i) {
    const Required of_operand = RequiredBy(set.operands[i], count);
    if (is_any && i > 0) {
      for (std::size_t j = 0; j < count; ++j) required[j] = required[j] && of_operand[j];
    } else {
      Add(of_operand, &required);
    }
  }
  return required;
}

Required RequiredBy(std::span<const BoundStage> stages, std::size_t count) {
  Required required(count, false);
  for (const BoundStage& stage : stages) {
    if (stage.spansets) Add(RequiredBy(*stage.spansets, count), &required);
  }
  return required;
}

bool HasRelations(std::span<const BoundStage> stages);

bool HasRelations(const BoundSet& set) {
  const bool is_structural = set.kind == SpansetExpression::Kind::kOperator &&
                             set.op.relation != Relation::kAnd &&
                             set.op.relation != Relation::kOr && set.op.form != Form::kNegated;
  return is_structural || HasRelations(set.pipeline) ||
         std::ranges::any_of(set.operands,
                             [](const BoundSet& operand) { return HasRelations(operand); });
}

bool HasRelations(std::span<const BoundStage> stages) {
  return std::ranges::any_of(stages, [](const BoundStage& stage) {
    return stage.spansets && HasRelations(*stage.spansets);
  });
}

bool IsPlain(std::span<const BoundStage> stages) {
  bool has_filter = false;
  for (const BoundStage& stage : stages) {
    if (stage.count_min > 1) return false;
    if (!stage.spansets) continue;
    if (stage.spansets->kind != SpansetExpression::Kind::kFilter) return false;
    if (!stage.spansets->condition) continue;
    if (has_filter) return false;
    has_filter = true;
  }
  return true;
}

}  // namespace

Result<TraceBound> TraceBound::Of(const Pipeline& pipeline, Naming naming) {
  TraceBound bound;
  Bounding bounding(naming);
  ASSIGN_OR_RETURN(bound.stages_, bounding.Stages(pipeline));
  bound.conditions_ = std::move(bounding.conditions);
  bound.required_ = RequiredBy(bound.stages_, bound.conditions_.size());
  bound.has_relations_ = HasRelations(bound.stages_);
  bound.is_plain_ = IsPlain(bound.stages_);
  return bound;
}

}  // namespace clew::traceql::evaluate
