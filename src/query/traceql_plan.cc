#include "query/traceql_plan.h"

#include <memory>
#include <utility>
#include <vector>

#include "expr/or_arrays.h"
#include "traceql/check.h"
#include "traceql/evaluate/necessary.h"
#include "traceql/evaluate/program.h"
#include "traceql/print.h"

namespace clew::query {

Result<Plan> TraceQlPlan(const traceql::Query& query, const TraceQlSearch& search) {
  TRY(traceql::Check(query));
  if (query.is_metrics()) {
    return base::InvalidArgument(
        "invalid TraceQL query: a query of metrics has no traces: leave out what stands behind the "
        "last | to search");
  }
  const traceql::Naming naming = traceql::NamingOf(query);
  ASSIGN_OR_RETURN(
      traceql::evaluate::Program program,
      traceql::evaluate::Program::Prepare(query.pipeline, traceql::evaluate::FieldProgram(naming)));
  ASSIGN_OR_RETURN(std::vector<expr::Expression> necessary,
                   traceql::evaluate::Necessary(query.pipeline, naming));
  // One of them finds every trace that matches: the first is of spans that are shown. What arrays
  // hold is asked when the trace is read.
  expr::Expression condition =
      necessary.empty() ? expr::True() : expr::OrArrays(std::move(necessary.front()));
  Plan spans{.op = ScanSpans{.condition = std::move(condition),
                             .start_min = search.start_min,
                             .start_max = search.start_max}};
  MatchTraces match{
      .program = std::make_shared<const traceql::evaluate::Program>(std::move(program)),
      .text = traceql::Print(query),
      .limit = search.limit,
      .spans_per_set = search.spans_per_set};
  return Plan{.op = std::move(match), .inputs = {std::move(spans)}};
}

}  // namespace clew::query
