#include "traceql/metrics/metrics_program.h"

#include <fmt/format.h>

#include <utility>

#include "traceql/names.h"

namespace clew::traceql::metrics {

Result<MetricsProgram> MetricsProgram::Prepare(const Query& query) {
  if (!query.is_metrics()) return InvalidArgument("not a metrics query");
  MetricsProgram program;
  program.hints_ = ReadHints(query.hints);
  ASSIGN_OR_RETURN(program.plan_, program.PreparePlan(*query.metrics, NamingOf(query)));
  return program;
}

// Recursion ends with the depth that a query may have.
Result<SeriesPlan> MetricsProgram::PreparePlan(const MetricsExpression& expression, Naming naming) {
  SeriesPlan plan{.op = expression.op, .seconds = expression.seconds};
  if (expression.op == Op::kStatic) {
    plan.number = expression.value.AsReal();
    plan.name = Print(expression.value);
    return plan;
  }
  if (expression.op == Op::kMetrics) {
    plan.operand = operands_.size();
    plan.name = NameOf(expression.function.kind);
    ASSIGN_OR_RETURN(Operand operand, Operand::Prepare(expression, naming, hints_.extrapolates));
    operands_.push_back(std::move(operand));
    return plan;
  }
  for (const MetricsExpression& operand : expression.operands) {
    ASSIGN_OR_RETURN(plan.operands.emplace_back(), PreparePlan(operand, naming));
  }
  plan.name = fmt::format("({} {} {})", plan.operands[0].name, SpellingOf(expression.op),
                          plan.operands[1].name);
  return plan;
}

}  // namespace clew::traceql::metrics
