#include "api/tempo/metrics_endpoint.h"

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "api/naming_param.h"
#include "api/partial_text.h"
#include "api/tempo/metrics_json.h"
#include "api/tempo/metrics_protobuf.h"
#include "query/collect.h"
#include "query/traceql_plan.h"
#include "traceql/naming.h"
#include "traceql/parse.h"

namespace clew::api::tempo {
namespace {

constexpr std::uint32_t kExemplarsMax = 100;
// Of the text of a sample, an exemplar or a label, at most, but for what it says.
constexpr std::uint64_t kItemBytes = 80;

// About how much text it is.
std::uint64_t TextBytes(const traceql::metrics::Answer& answer) {
  const auto of_labels = [](const traceql::metrics::Labels& labels) {
    std::uint64_t bytes = 0;
    for (const model::KeyValue& label : labels) {
      bytes += kItemBytes + label.key.size() + model::ValueToText(label.value).size();
    }
    return bytes;
  };
  std::uint64_t bytes = 0;
  for (const traceql::metrics::Series& series : answer.series) {
    bytes += kItemBytes * (series.samples.size() + 1) + of_labels(series.labels);
    for (const auto& exemplar : series.exemplars) bytes += kItemBytes + of_labels(exemplar.labels);
  }
  return bytes;
}

}  // namespace

Result<Written> ServeMetrics(query::QueryService& query, const QueryCall& call,
                             const net::HttpRequest& request, MetricsForm form) {
  ASSIGN_OR_RETURN(const MediaType type, FormOf(request));
  ASSIGN_OR_RETURN(const MetricsParams params,
                   ParseMetricsParams(request, form, call.hold().clock->Now()));
  ASSIGN_OR_RETURN(traceql::Query parsed, traceql::Parse(params.query));
  ASSIGN_OR_RETURN(const bool finds_all_names, FindsAllNames(request));
  if (!finds_all_names) parsed.hints.push_back(traceql::AsAskedHint());
  ASSIGN_OR_RETURN(const query::Plan plan,
                   query::TraceQlMetricsPlan(
                       parsed, {.range = params.range,
                                .exemplars_asked = params.exemplars,
                                .exemplars_max = form == MetricsForm::kRange ? kExemplarsMax : 0,
                                .series_max = params.series_max}));
  query::QueryStats stats;
  query::QueryContext context = call.context();
  context.stats = &stats;
  ASSIGN_OR_RETURN(const std::vector<query::MetricsAnswerPtr> answers,
                   query::Collect<query::MetricsAnswerPtr>(query, plan, context));
  if (answers.size() != 1) return base::Internal("a plan gives {} answers", answers.size());
  TRY(context.TakeMemory(TextBytes(*answers[0])));
  const std::optional<std::string> partial = PartialText(call.left_out());
  if (type == MediaType::kProtobuf) {
    return WholeAnswer(call, type, MetricsMessages(*answers[0], form, stats, partial));
  }
  return WholeAnswer(call, type, {MetricsJson(*answers[0], form, stats, partial)});
}

}  // namespace clew::api::tempo
