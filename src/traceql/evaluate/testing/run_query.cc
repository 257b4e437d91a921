#include "traceql/evaluate/testing/run_query.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "traceql/check.h"
#include "traceql/evaluate/evaluation.h"
#include "traceql/evaluate/program.h"
#include "traceql/parse.h"

namespace clew::traceql::evaluate::testing {

std::string Describe(const Found& found) {
  std::string text;
  for (const FoundSpans& spans : found) {
    text += fmt::format("[{}", fmt::join(spans.rows, " "));
    for (const auto& [name, value] : spans.values) text += fmt::format(" | {}={}", name, value);
    text += ']';
  }
  return text;
}

Result<Query> ParseAndCheck(std::string_view text) {
  ASSIGN_OR_RETURN(Query query, Parse(text));
  TRY(Check(query));
  return query;
}

Result<Found> RunPipeline(const Pipeline& pipeline, const model::SpanColumns& spans,
                          Naming naming) {
  ASSIGN_OR_RETURN(const Program program, Program::Prepare(pipeline, FieldProgram(naming)));
  const model::StopCheck never;
  Evaluation evaluation(program, spans, never);
  ASSIGN_OR_RETURN(const std::vector<Spanset> spansets, evaluation.Run());
  Found found;
  for (const Spanset& spanset : spansets) {
    FoundSpans& each = found.emplace_back(FoundSpans{.rows = spanset.rows, .values = {}});
    for (const NamedValue& value : spanset.values) {
      each.values.emplace_back(value.name, ToText(value.value));
    }
  }
  return found;
}

Result<Found> RunQuery(std::string_view text, const model::SpanColumns& spans) {
  ASSIGN_OR_RETURN(const Query query, ParseAndCheck(text));
  return RunPipeline(query.pipeline, spans, NamingOf(query));
}

}  // namespace clew::traceql::evaluate::testing
