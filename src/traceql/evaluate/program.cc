#include "traceql/evaluate/program.h"

#include <utility>

#include "traceql/print.h"

namespace clew::traceql::evaluate {
namespace {

/// Recursion ends with traceql::kDepthMax.
class Preparation {
 public:
  explicit Preparation(FieldProgram* fields) : fields_(*fields) {}

  Result<std::vector<StagePlan>> Prepare(const Pipeline& pipeline) {
    std::vector<StagePlan> stages;
    for (const Stage& stage : pipeline) {
      ASSIGN_OR_RETURN(stages.emplace_back(), PrepareStage(stage));
    }
    return stages;
  }

 private:
  Result<StagePlan> PrepareStage(const Stage& stage) {
    StagePlan plan{.kind = stage.kind};
    switch (stage.kind) {
      case Stage::Kind::kSpansets: {
        ASSIGN_OR_RETURN(plan.spansets, PrepareSpansets(stage.spansets));
        break;
      }
      case Stage::Kind::kScalarFilter: {
        plan.op = stage.filter.op;
        ASSIGN_OR_RETURN(plan.left, PrepareScalar(stage.filter.left));
        ASSIGN_OR_RETURN(plan.right, PrepareScalar(stage.filter.right));
        break;
      }
      case Stage::Kind::kBy: {
        plan.name = "by(" + Print(stage.by) + ')';
        ASSIGN_OR_RETURN(plan.by, fields_.Prepare(stage.by));
        break;
      }
      case Stage::Kind::kSelect:
        for (const Attribute& attribute : stage.select) fields_.SlotOf(attribute);
        break;
      case Stage::Kind::kCoalesce:
        break;
    }
    return plan;
  }

  Result<SpansetPlan> PrepareSpansets(const SpansetExpression& expression) {
    SpansetPlan plan{.kind = expression.kind, .op = expression.op, .pipeline = {}};
    if (expression.kind == SpansetExpression::Kind::kFilter) {
      ASSIGN_OR_RETURN(plan.filter, fields_.Prepare(expression.filter));
    }
    for (const SpansetExpression& operand : expression.operands) {
      ASSIGN_OR_RETURN(plan.operands.emplace_back(), PrepareSpansets(operand));
    }
    ASSIGN_OR_RETURN(plan.pipeline, Prepare(expression.pipeline));
    return plan;
  }

  Result<ScalarPlan> PrepareScalar(const ScalarExpression& expression) {
    ScalarPlan plan{.op = expression.op, .value = expression.value};
    for (const ScalarExpression& operand : expression.operands) {
      ASSIGN_OR_RETURN(plan.operands.emplace_back(), PrepareScalar(operand));
    }
    if (expression.op != Op::kAggregate) return plan;
    plan.aggregate = expression.aggregate.kind;
    plan.name = Print(expression.aggregate);
    if (const auto& argument = expression.aggregate.argument) {
      ASSIGN_OR_RETURN(plan.argument, fields_.Prepare(*argument));
    }
    return plan;
  }

  FieldProgram& fields_;
};

/// Whether an answer has a field of its own for it.
bool HasField(const Attribute& attribute) {
  switch (attribute.intrinsic) {
    case Intrinsic::kName:
    case Intrinsic::kDuration:
    case Intrinsic::kTraceDuration:
    case Intrinsic::kRootName:
    case Intrinsic::kRootService:
    case Intrinsic::kTraceId:
    case Intrinsic::kSpanId:
      return true;
    default:
      return false;
  }
}

}  // namespace

/// Without its scope; of a parent or root with all that says so, since the span may have one of the
/// same name.
std::string ShownAttribute::KeyOf(std::string_view name) const {
  Attribute shown = attribute;
  if (!name.empty()) shown.name = name;
  const bool is_plain = shown.intrinsic == Intrinsic::kNone && shown.whose == Whose::kOwn;
  return is_plain ? shown.name : Print(shown);
}

Result<Program> Program::Prepare(const Pipeline& pipeline, FieldProgram fields) {
  Program program(std::move(fields));
  ASSIGN_OR_RETURN(program.stages_, Preparation(&program.fields_).Prepare(pipeline));
  Slot slot = 0;
  for (const FieldProgram::Source& source : program.fields_.sources()) {
    const Attribute& attribute = source.attribute;
    if (attribute.intrinsic == Intrinsic::kName) program.shows_name_ = true;
    if (!HasField(attribute)) program.shown_.push_back({attribute, slot});
    ++slot;
  }
  return program;
}

}  // namespace clew::traceql::evaluate
