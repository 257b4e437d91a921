#include "query/traceql_plan.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "expr/or_arrays.h"
#include "traceql/check.h"
#include "traceql/evaluate/necessary.h"
#include "traceql/evaluate/program.h"
#include "traceql/evaluate/trace_bound.h"
#include "traceql/metrics/metrics_program.h"
#include "traceql/print.h"

namespace clew::query {
namespace {

std::unexpected<Error> UnknownPass(std::string_view name) {
  std::string known;
  for (const PassInfo& info : kPasses) fmt::format_to(std::back_inserter(known), " {}", info.name);
  return MakeError(
      Code::kInvalidArgument,
      "invalid TraceQL query: passes_off knows no pass {}: name some of{}, in quotes and "
      "with commas between them",
      name, known);
}

// `with(passes_off="bound-traces,stop-early")`.
Result<PassSet> PassesOf(const traceql::Query& query) {
  PassSet passes;
  for (const traceql::Hint& hint : query.hints) {
    if (hint.name != "passes_off") continue;
    if (hint.value.type != traceql::Type::kString) return UnknownPass(Print(hint.value));
    std::string_view left = hint.value.text;
    while (!left.empty()) {
      const std::string_view name = left.substr(0, left.find(','));
      left.remove_prefix(std::min(left.size(), name.size() + 1));
      const auto info = std::ranges::find(kPasses, name, &PassInfo::name);
      if (info == kPasses.end()) {
        return UnknownPass(name);
      }
      passes = passes.Without(info->pass);
    }
  }
  return passes;
}

}  // namespace

Result<Plan> TraceQlPlan(const traceql::Query& query, const TraceQlSearch& search) {
  using traceql::evaluate::TraceBound;
  TRY(traceql::Check(query));
  if (query.is_metrics()) {
    return base::InvalidArgument(
        "invalid TraceQL query: a query of metrics has no traces: leave out what stands behind the "
        "last | to search");
  }
  ASSIGN_OR_RETURN(const PassSet passes, PassesOf(query));
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
  ASSIGN_OR_RETURN(TraceBound bound, TraceBound::Of(query.pipeline, naming));
  Plan spans{.op = ScanSpans{.condition = std::move(condition),
                             .start_min = search.start_min,
                             .start_max = search.start_max}};
  MatchTraces match{
      .program = std::make_shared<const traceql::evaluate::Program>(std::move(program)),
      .bound = bound.is_plain() ? nullptr : std::make_shared<const TraceBound>(std::move(bound)),
      .text = traceql::Print(query),
      .limit = search.limit,
      .spans_per_set = search.spans_per_set,
      .passes = passes};
  return Plan{.op = std::move(match), .inputs = {std::move(spans)}};
}

Result<Plan> TraceQlMetricsPlan(const traceql::Query& query, const TraceQlMetrics& wanted) {
  using traceql::metrics::MetricsProgram;
  TRY(traceql::Check(query));
  ASSIGN_OR_RETURN(const PassSet passes, PassesOf(query));
  if (!query.is_metrics()) {
    return base::InvalidArgument(
        "invalid TraceQL query: not a metrics query: say what is to be made of the spans, as in "
        "{{ status = error }} | rate(), or ask /api/search for the traces");
  }
  ASSIGN_OR_RETURN(MetricsProgram program, MetricsProgram::Prepare(query));
  // Right of its first edge: a bucket is open to the left.
  ScanSpans in_time{.start_min = wanted.range.start + 1, .start_max = wanted.range.end};
  std::vector<Plan> operands;
  for (const traceql::metrics::Operand& operand : program.operands()) {
    if (operand.scan()) {
      in_time.condition = operand.scan()->condition;
    } else {
      ASSIGN_OR_RETURN(
          expr::Expression condition,
          traceql::evaluate::NecessaryOfFound(operand.pipeline(), traceql::NamingOf(query)));
      in_time.condition = expr::OrArrays(std::move(condition));
    }
    operands.push_back({.op = in_time});
  }
  const std::uint32_t exemplars = traceql::metrics::ExemplarBudget(
      program.hints(), wanted.exemplars_asked, wanted.exemplars_max);
  MeasureSpans measure{.program = std::make_shared<const MetricsProgram>(std::move(program)),
                       .text = traceql::Print(query),
                       .range = wanted.range,
                       .exemplars = exemplars,
                       .series_max = wanted.series_max,
                       .passes = passes};
  return Plan{.op = std::move(measure), .inputs = std::move(operands)};
}

}  // namespace clew::query
