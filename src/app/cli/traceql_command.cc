#include <fmt/core.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "api/client/tempo_answers.h"
#include "api/client/tempo_client.h"
#include "app/cli/arguments.h"
#include "app/cli/commands.h"
#include "app/cli/found_traces.h"
#include "app/cli/query_place.h"
#include "app/cli/series_chart.h"
#include "app/cli/series_table.h"
#include "app/cli/server_answer.h"
#include "app/cli/text.h"
#include "base/duration.h"
#include "traceql/check.h"
#include "traceql/parse.h"
#include "traceql/print.h"

namespace clew::app::cli {
namespace {

using api::client::Series;
using api::client::TempoClient;
using api::client::TraceQlCall;
using api::client::TraceQlForm;

/// The query, with the names of the spans that it keeps among what is answered.
std::string WithNames(traceql::Query query) {
  const traceql::Attribute name{.intrinsic = traceql::Intrinsic::kName};
  traceql::Pipeline& pipeline = query.pipeline;
  if (pipeline.empty() || pipeline.back().kind != traceql::Stage::Kind::kSelect) {
    pipeline.push_back({.kind = traceql::Stage::Kind::kSelect});
  }
  std::vector<traceql::Attribute>& select = pipeline.back().select;
  if (std::ranges::find(select, name) == select.end()) select.push_back(name);
  return traceql::Print(query);
}

Status CheckOptions(const TraceQlOptions& options, bool is_metrics) {
  if (!is_metrics) {
    if (options.is_instant) return InvalidArgument("--instant is for metrics, this is a search");
    if (!options.step.empty()) return InvalidArgument("--step is for metrics, this is a search");
    if (options.output == "chart") {
      return InvalidArgument("a search has no chart: take --output table or json");
    }
    return {};
  }
  if (!options.is_instant) return {};
  if (!options.step.empty()) return InvalidArgument("--instant has one value and no --step");
  if (options.output == "chart") {
    return InvalidArgument("one value is no chart: take --output table or json");
  }
  return {};
}

Result<TraceQlCall> MakeCall(const TraceQlOptions& options, const traceql::Query& query) {
  TRY(CheckOptions(options, query.is_metrics()));
  ASSIGN_OR_RETURN(const TimeRange times,
                   ParseTimeRange(options.times.since, options.times.from, options.times.to,
                                  base::SystemClock().Now()));
  TraceQlCall call{.form = !query.is_metrics()  ? TraceQlForm::kSearch
                           : options.is_instant ? TraceQlForm::kInstant
                                                : TraceQlForm::kRange,
                   .query = options.query,
                   .start_min = times.min,
                   .start_max = times.max,
                   .limit = options.limit,
                   .spans_per_set = options.span_count,
                   .explain = options.explain};
  // Whoever wants JSON, or an explanation, wants it of the query as it is.
  if (!query.is_metrics() && options.output != "json" && options.explain.empty()) {
    call.query = WithNames(query);
  }
  if (!options.step.empty()) {
    ASSIGN_OR_RETURN(const Nanos step, ParseSpan(options.step));
    if (step == Nanos(0)) return InvalidArgument("--step must be longer than 0s");
    call.step = base::FormatDuration(step);
  }
  return call;
}

void SayNothingFound(const Terminal& terminal, std::string_view what, const TraceQlCall& call) {
  // As Tempo does, the server leaves out of metrics what is that young, and takes no longer time.
  const std::string_view remedy = call.form == TraceQlForm::kSearch
                                      ? "Look further back with --since 7d or --from."
                                      : "Spans of the last 30 s are not counted yet; look further "
                                        "back, for a day at most, with "
                                        "--since 1d or --from.";
  terminal.Say(fmt::format("No {} between {} and {} UTC.\n{}\n", what, TimeText(call.start_min),
                           TimeText(call.start_max), remedy));
}

/// The answer as it is must be one, too: what is none could steer the terminal.
Status PrintTraces(const std::string& json, const TraceQlCall& call, const TraceQlOptions& options,
                   const std::vector<std::string>& left_out, const Terminal& terminal) {
  ASSIGN_OR_RETURN(const auto traces, api::client::ParseFoundTraces(json));
  SayLeftOut(terminal, left_out);
  if (options.output == "json") {
    terminal.Print(json + "\n");
    return {};
  }
  if (traces.empty()) {
    SayNothingFound(terminal, "such traces", call);
    return {};
  }
  terminal.Print(DrawFoundTraces(traces, terminal.text_width(), terminal.style()));
  if (traces.size() == call.limit) {
    terminal.Say(fmt::format("These are the newest {}; --limit shows more.\n", traces.size()));
  }
  return {};
}

std::string DrawSeries(const std::vector<Series>& series, const TraceQlCall& call,
                       const TraceQlOptions& options, const Terminal& terminal) {
  if (call.form == TraceQlForm::kInstant) {
    return DrawValueTable(series, terminal.text_width(), terminal.style());
  }
  if (options.output == "table") {
    return DrawSeriesTable(series, terminal.text_width(), terminal.style());
  }
  return DrawSeriesChart(series, terminal.width(), terminal.style());
}

Status PrintSeries(const std::string& json, const TraceQlCall& call, const TraceQlOptions& options,
                   const std::vector<std::string>& left_out, const Terminal& terminal) {
  ASSIGN_OR_RETURN(auto answer, call.form == TraceQlForm::kInstant
                                    ? api::client::ParseInstant(json)
                                    : api::client::ParseSeries(json));
  const bool is_json = options.output == "json";
  // The message says what is left out, too, and all of it.
  if (is_json || answer.message.empty()) {
    SayLeftOut(terminal, left_out);
  } else {
    terminal.PrintError(SafeText(answer.message));
  }
  if (is_json) {
    terminal.Print(json + "\n");
    return {};
  }
  if (answer.series.empty()) {
    SayNothingFound(terminal, "series", call);
    return {};
  }
  const std::size_t all_count = answer.series.size();
  answer.series.resize(std::min(all_count, call.limit));
  terminal.Print(DrawSeries(answer.series, call, options, terminal));
  if (answer.series.size() < all_count) {
    terminal.Say(
        fmt::format("These are the first {} of {} series; --limit shows more, and topk() in the "
                    "query may help.\n",
                    answer.series.size(), all_count));
  }
  return {};
}

/// What is wrong with a query, and where.
int SayWrong(const Terminal& terminal, const std::string& query, const Error& error) {
  terminal.PrintError(error.message);
  terminal.Say(ShowPlace(query, error.message));
  return kExitUsage;
}

}  // namespace

int RunTraceQl(const TraceQlOptions& options, const Terminal& terminal) {
  const auto query = traceql::Parse(options.query);
  if (!query.has_value()) return SayWrong(terminal, options.query, query.error());
  if (const Status valid = traceql::Check(*query); !valid.has_value()) {
    return SayWrong(terminal, options.query, valid.error());
  }
  const auto call = MakeCall(options, *query);
  if (!call.has_value()) {
    terminal.PrintError(call.error().message);
    return kExitUsage;
  }
  const AskedServer asked{.url = options.server.url,
                          .api = "Tempo API",
                          .option = "--tempo",
                          .usual_url = "http://localhost:3200"};
  auto client =
      TempoClient::Create({.server = options.server.url, .tenant = options.server.tenant});
  if (!client.has_value()) return SayFailure(terminal, asked, client.error());
  const auto answer = (*client)->Ask(*call);
  if (!answer.has_value()) return SayFailure(terminal, asked, answer.error());
  const std::vector<std::string> left_out = (*client)->left_out();
  if (!options.explain.empty()) {
    SayLeftOut(terminal, left_out);
    PrintServerText(terminal, *answer);
    return kExitDone;
  }
  const Status printed = query->is_metrics()
                             ? PrintSeries(*answer, *call, options, left_out, terminal)
                             : PrintTraces(*answer, *call, options, left_out, terminal);
  return printed.has_value() ? kExitDone : SayFailure(terminal, asked, printed.error());
}

}  // namespace clew::app::cli
