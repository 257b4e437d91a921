#include "traceql/evaluate/evaluation.h"

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <unordered_map>
#include <utility>

#include "traceql/evaluate/aggregate.h"

namespace clew::traceql::evaluate {
namespace {

std::unexpected<Error> SeveralSpansets() {
  return InvalidArgument(
      "spanset operators are not supported for multiple spansets per trace. consider using "
      "coalesce()");
}

void SetValue(std::string_view name, const Value& value, Spanset* spanset) {
  const auto known = std::ranges::find(spanset->values, name, &NamedValue::name);
  if (known == spanset->values.end()) {
    spanset->values.push_back({name, value});
  } else {
    known->value = value;
  }
}

bool IsTrue(const Term& filter) {
  return filter.kind == Term::Kind::kStatic && filter.value.is_bool(true);
}

}  // namespace

Evaluation::Evaluation(const Program& program, const model::SpanColumns& spans,
                       const model::StopCheck& stop)
    : program_(program), trace_(spans), fields_(program.fields(), &trace_, stop) {}

Result<std::vector<Spanset>> Evaluation::Run() {
  if (trace_.span_count() == 0) return Spansets();
  const auto order = trace_.Order();
  Spansets all;
  all.push_back({.rows = Rows(order.begin(), order.end()), .values = {}});
  return RunStages(program_.stages(), std::move(all));
}

Result<Evaluation::Spansets> Evaluation::RunStages(std::span<const StagePlan> stages,
                                                   Spansets input) {
  for (const StagePlan& stage : stages) {
    if (input.empty()) break;
    ASSIGN_OR_RETURN(input, RunStage(stage, std::move(input)));
  }
  return input;
}

Result<Evaluation::Spansets> Evaluation::RunStage(const StagePlan& stage, Spansets input) {
  switch (stage.kind) {
    case Stage::Kind::kSpansets:
      return RunSpansets(stage.spansets, std::move(input));
    case Stage::Kind::kScalarFilter:
      return FilterSpansets(stage, std::move(input));
    case Stage::Kind::kBy: {
      Spansets output;
      for (Spanset& spanset : input) {
        ASSIGN_OR_RETURN(Spansets groups, GroupBy(stage, std::move(spanset)));
        std::ranges::move(groups, std::back_inserter(output));
      }
      return output;
    }
    case Stage::Kind::kCoalesce:
      return Coalesce(input);
    case Stage::Kind::kSelect:
      break;
  }
  return input;
}

Result<Evaluation::Spansets> Evaluation::RunSpansets(const SpansetPlan& plan, Spansets input) {
  switch (plan.kind) {
    case SpansetExpression::Kind::kPipeline:
      return RunStages(plan.pipeline, std::move(input));
    case SpansetExpression::Kind::kOperator:
      if (input.size() > 1) return SeveralSpansets();
      return Combine(plan, input.front());
    case SpansetExpression::Kind::kFilter:
      break;
  }
  if (IsTrue(plan.filter)) return input;
  for (Spanset& spanset : input) {
    ASSIGN_OR_RETURN(spanset.rows, Filter(plan.filter, spanset.rows));
  }
  std::erase_if(input, [](const Spanset& spanset) { return spanset.rows.empty(); });
  return input;
}

Result<Evaluation::Spansets> Evaluation::Combine(const SpansetPlan& plan, const Spanset& input) {
  const bool is_union = plan.op.relation == Relation::kAnd || plan.op.relation == Relation::kOr;
  std::vector<Rows> sides;
  for (const SpansetPlan& operand : plan.operands) {
    ASSIGN_OR_RETURN(Spansets spansets, RunSpansets(operand, Spansets(1, input)));
    if (!is_union && spansets.size() > 1) return SeveralSpansets();
    if (plan.op.relation == Relation::kAnd && spansets.empty()) return Spansets();
    if (spansets.empty()) sides.emplace_back();
    for (Spanset& spanset : spansets) sides.push_back(std::move(spanset.rows));
  }
  Spanset output{.rows = {}, .values = input.values};
  if (is_union) {
    std::vector<const Rows*> all;
    for (const Rows& rows : sides) all.push_back(&rows);
    output.rows = Union(all, &trace_);
  } else {
    output.rows = Relate(plan.op, sides[0], sides[1], &trace_);
  }
  Spansets result;
  if (!output.rows.empty()) result.push_back(std::move(output));
  return result;
}

Result<Rows> Evaluation::Filter(const Term& filter, const Rows& rows) {
  Rows kept;
  for (const std::uint32_t row : rows) {
    ASSIGN_OR_RETURN(const bool holds, fields_.Holds(filter, row));
    if (holds) kept.push_back(row);
  }
  return kept;
}

Result<Evaluation::Spansets> Evaluation::GroupBy(const StagePlan& stage, Spanset input) {
  Spansets groups;
  std::unordered_map<Value, std::size_t, HashOfValue, SameValue> places;
  for (const std::uint32_t row : input.rows) {
    ASSIGN_OR_RETURN(const Value value, fields_.Evaluate(stage.by, row));
    const auto [place, is_new] = places.try_emplace(value, groups.size());
    if (is_new) {
      Spanset& group = groups.emplace_back(Spanset{.rows = {}, .values = input.values});
      SetValue(stage.name, value, &group);
    }
    groups[place->second].rows.push_back(row);
  }
  return groups;
}

Evaluation::Spansets Evaluation::Coalesce(const Spansets& input) {
  std::vector<const Rows*> all;
  for (const Spanset& spanset : input) all.push_back(&spanset.rows);
  Spansets one;
  one.push_back({.rows = Union(all, &trace_), .values = {}});
  return one;
}

Result<Evaluation::Spansets> Evaluation::FilterSpansets(const StagePlan& stage, Spansets input) {
  Spansets kept;
  for (Spanset& spanset : input) {
    ASSIGN_OR_RETURN(const Value left, EvaluateScalar(stage.left, &spanset));
    ASSIGN_OR_RETURN(const Value right, EvaluateScalar(stage.right, &spanset));
    ASSIGN_OR_RETURN(const bool holds, Compare(stage.op, left, right));
    if (holds) kept.push_back(std::move(spanset));
  }
  return kept;
}

Result<Value> Evaluation::EvaluateScalar(const ScalarPlan& plan, Spanset* spanset) {
  if (plan.op == Op::kStatic) return Value::Of(plan.value);
  if (plan.op == Op::kAggregate) {
    ASSIGN_OR_RETURN(const Value value, EvaluateAggregate(plan, spanset->rows));
    SetValue(plan.name, value, spanset);
    return value;
  }
  ASSIGN_OR_RETURN(const Value left, EvaluateScalar(plan.operands[0], spanset));
  ASSIGN_OR_RETURN(const Value right, EvaluateScalar(plan.operands[1], spanset));
  return Compute(plan.op, left, right);
}

Result<Value> Evaluation::EvaluateAggregate(const ScalarPlan& plan, const Rows& rows) {
  if (!plan.argument) return Value::Int(static_cast<std::int64_t>(rows.size()));
  Accumulator accumulator(plan.aggregate);
  for (const std::uint32_t row : rows) {
    ASSIGN_OR_RETURN(const Value value, fields_.Evaluate(*plan.argument, row));
    accumulator.Add(value);
  }
  return accumulator.Take();
}

}  // namespace clew::traceql::evaluate
