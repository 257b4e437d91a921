#include "traceql/evaluate/testing/plain_evaluate.h"

#include <algorithm>
#include <optional>
#include <set>
#include <utility>

#include "traceql/evaluate/testing/plain_fields.h"
#include "traceql/evaluate/testing/plain_structure.h"
#include "traceql/evaluate/testing/plain_value.h"
#include "traceql/print.h"

namespace clew::traceql::evaluate::testing {
namespace {

using Rows = std::vector<std::uint32_t>;

class PlainRunner {
 public:
  PlainRunner(const model::TraceData& trace, Naming naming)
      : trace_(trace), naming_(naming), structure_(trace) {}

  Result<Found> Run(const Pipeline& pipeline, Found sets) {
    for (const Stage& stage : pipeline) {
      ASSIGN_OR_RETURN(sets, RunStage(stage, sets));
      std::erase_if(sets, [](const FoundSpans& set) { return set.rows.empty(); });
    }
    return sets;
  }

  Found All() {
    Found all(1);
    for (const std::size_t span : structure_.Order()) {
      all[0].rows.push_back(static_cast<std::uint32_t>(span));
    }
    return all;
  }

 private:
  Result<Found> RunStage(const Stage& stage, const Found& sets) {
    Found result;
    switch (stage.kind) {
      case Stage::Kind::kSpansets:
        return RunSpansets(stage.spansets, sets);
      case Stage::Kind::kScalarFilter:
        for (FoundSpans set : sets) {
          ASSIGN_OR_RETURN(const PlainValue left, Scalar(stage.filter.left, &set));
          ASSIGN_OR_RETURN(const PlainValue right, Scalar(stage.filter.right, &set));
          ASSIGN_OR_RETURN(const bool holds, PlainCompare(stage.filter.op, left, right));
          if (holds) result.push_back(std::move(set));
        }
        return result;
      case Stage::Kind::kBy:
        for (const FoundSpans& set : sets) TRY(Group(stage.by, set, &result));
        return result;
      case Stage::Kind::kCoalesce:
        if (sets.empty()) return result;
        result.emplace_back();
        for (const FoundSpans& set : sets) Add(set.rows, &result[0].rows);
        return result;
      case Stage::Kind::kSelect:
        break;
    }
    return sets;
  }

  Result<Found> RunSpansets(const SpansetExpression& expression, const Found& sets) {
    if (expression.kind == SpansetExpression::Kind::kPipeline) {
      return Run(expression.pipeline, sets);
    }
    if (expression.kind == SpansetExpression::Kind::kOperator) {
      if (sets.size() > 1) return InvalidArgument("several spansets");
      if (sets.empty()) return Found();
      return Combine(expression, sets[0]);
    }
    Found result;
    for (const FoundSpans& set : sets) {
      FoundSpans& kept = result.emplace_back(FoundSpans{.rows = {}, .values = set.values});
      for (const std::uint32_t row : set.rows) {
        ASSIGN_OR_RETURN(const bool holds, PlainHolds(expression.filter, trace_, row, naming_));
        if (holds) kept.rows.push_back(row);
      }
    }
    std::erase_if(result, [](const FoundSpans& set) { return set.rows.empty(); });
    return result;
  }

  Result<Found> Combine(const SpansetExpression& expression, const FoundSpans& input) {
    const Relation relation = expression.op.relation;
    const bool is_union = relation == Relation::kAnd || relation == Relation::kOr;
    std::vector<Rows> sides;
    for (const SpansetExpression& operand : expression.operands) {
      ASSIGN_OR_RETURN(const Found found, RunSpansets(operand, {input}));
      if (!is_union && found.size() > 1) return InvalidArgument("several spansets");
      Rows& side = sides.emplace_back();
      for (const FoundSpans& set : found) Add(set.rows, &side);
    }
    FoundSpans output{.rows = {}, .values = input.values};
    if (is_union) {
      const bool is_any_empty = std::ranges::any_of(sides, &Rows::empty);
      for (const Rows& side : sides) Add(side, &output.rows);
      if (relation == Relation::kAnd && is_any_empty) output.rows.clear();
    } else {
      output.rows = Relate(expression.op, sides[0], sides[1]);
    }
    return output.rows.empty() ? Found() : Found{output};
  }

  Rows Relate(SpansetOp op, const Rows& left, const Rows& right) {
    Rows found;
    for (const std::uint32_t b : right) {
      const bool is_related = std::ranges::any_of(
          left, [&](std::uint32_t a) { return structure_.AreRelated(op.relation, a, b); });
      if (is_related != (op.form == Form::kNegated)) found.push_back(b);
    }
    if (op.form != Form::kUnion) return found;
    Rows others;
    for (const std::uint32_t a : left) {
      const bool is_related = std::ranges::any_of(
          right, [&](std::uint32_t b) { return structure_.AreRelated(op.relation, a, b); });
      if (is_related) others.push_back(a);
    }
    Add(others, &found);
    return found;
  }

  /// Each once, in order.
  void Add(const Rows& from, Rows* to) {
    Rows result;
    for (const std::size_t span : structure_.Order()) {
      const auto row = static_cast<std::uint32_t>(span);
      if (std::ranges::count(from, row) + std::ranges::count(*to, row) > 0) result.push_back(row);
    }
    *to = std::move(result);
  }

  Status Group(const FieldExpression& by, const FoundSpans& set, Found* result) {
    const std::string name = "by(" + Print(by) + ")";
    std::vector<std::pair<PlainValue, FoundSpans>> groups;
    for (const std::uint32_t row : set.rows) {
      ASSIGN_OR_RETURN(const PlainValue value, PlainEvaluate(by, trace_, row, naming_));
      auto group = std::ranges::find(groups, value, &std::pair<PlainValue, FoundSpans>::first);
      if (group == groups.end()) {
        groups.emplace_back(value, FoundSpans{.rows = {}, .values = set.values});
        group = groups.end() - 1;
        SetValue(name, value, &group->second);
      }
      group->second.rows.push_back(row);
    }
    for (auto& [value, group] : groups) result->push_back(std::move(group));
    return {};
  }

  static void SetValue(const std::string& name, const PlainValue& value, FoundSpans* set) {
    for (auto& [known, text] : set->values) {
      if (known != name) continue;
      text = PlainText(value);
      return;
    }
    set->values.emplace_back(name, PlainText(value));
  }

  Result<PlainValue> Scalar(const ScalarExpression& scalar, FoundSpans* set) {
    if (scalar.op == Op::kStatic) return PlainValue{scalar.value};
    if (scalar.op != Op::kAggregate) {
      ASSIGN_OR_RETURN(const PlainValue left, Scalar(scalar.operands[0], set));
      ASSIGN_OR_RETURN(const PlainValue right, Scalar(scalar.operands[1], set));
      return PlainCompute(scalar.op, left, right);
    }
    ASSIGN_OR_RETURN(const PlainValue value, Aggregated(scalar.aggregate, set->rows));
    SetValue(Print(scalar.aggregate), value, set);
    return value;
  }

  Result<PlainValue> Aggregated(const Aggregate& aggregate, const Rows& rows) {
    using enum Aggregate::Kind;
    if (!aggregate.argument) return PlainValue{Static::Int(std::ssize(rows))};
    std::vector<PlainValue> values;
    for (const std::uint32_t row : rows) {
      ASSIGN_OR_RETURN(PlainValue value, PlainEvaluate(*aggregate.argument, trace_, row, naming_));
      const bool is_new = std::ranges::find(values, value) == values.end();
      const bool is_wanted = aggregate.kind == kCount
                                 ? !value.is_nil() && is_new
                                 : !value.is_array() && value.value.is_number();
      if (is_wanted) values.push_back(std::move(value));
    }
    if (aggregate.kind == kCount) return PlainValue{Static::Int(std::ssize(values))};
    if (values.empty()) return PlainValue();
    return PlainValue{Number(aggregate.kind, values)};
  }

  static Static Number(Aggregate::Kind kind, const std::vector<PlainValue>& values) {
    Type type = values[0].value.type;
    double sum = 0;
    double least = values[0].value.AsReal();
    double most = least;
    for (const PlainValue& each : values) {
      if (each.value.type != type) type = Type::kFloat;
      sum += each.value.AsReal();
      least = std::min(least, each.value.AsReal());
      most = std::max(most, each.value.AsReal());
    }
    double result = kind == Aggregate::Kind::kMin   ? least
                    : kind == Aggregate::Kind::kMax ? most
                                                    : sum;
    if (kind == Aggregate::Kind::kAvg) {
      result = sum / static_cast<double>(values.size());
      if (type == Type::kInt) type = Type::kFloat;
    }
    if (type == Type::kFloat) return Static::Float(result);
    // Cases are small numbers.
    const auto whole = static_cast<std::int64_t>(result);
    return type == Type::kInt ? Static::Int(whole) : Static::Duration(whole);
  }

  const model::TraceData& trace_;
  const Naming naming_;
  const PlainStructure structure_;
};

}  // namespace

Result<Found> PlainRun(const Pipeline& pipeline, const model::TraceData& trace, Naming naming) {
  PlainRunner runner(trace, naming);
  if (trace.spans.empty()) return Found();
  return runner.Run(pipeline, runner.All());
}

}  // namespace clew::traceql::evaluate::testing
