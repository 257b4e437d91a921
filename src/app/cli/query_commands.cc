#include <fmt/core.h>

#include <algorithm>
#include <utility>

#include "api/client/query_client.h"
#include "app/cli/arguments.h"
#include "app/cli/commands.h"
#include "app/cli/server_answer.h"
#include "app/cli/text.h"
#include "app/cli/trace_table.h"
#include "app/cli/waterfall.h"
#include "base/nearest.h"
#include "wire/otlp/encode.h"
#include "wire/otlp/json.h"

namespace clew::app::cli {
namespace {

using api::client::QueryClient;

Result<std::unique_ptr<QueryClient>> Connect(const ServerOptions& options) {
  return QueryClient::Create({.server = options.url, .tenant = options.tenant});
}

int Fail(const Terminal& terminal, const ServerOptions& server, const Error& error) {
  return SayFailure(terminal, {.url = server.url}, error);
}

/// The conditions on attributes: one for each key, as the query API takes no more.
Result<std::vector<query::Tag>> MakeTags(const SearchOptions& options) {
  std::vector<query::Tag> tags;
  for (const std::string& tag : options.tags) {
    ASSIGN_OR_RETURN(auto pair, ParsePair("--tag", tag));
    tags.push_back({.key = std::move(pair.first), .value = std::move(pair.second)});
  }
  if (!options.status.empty()) {
    tags.push_back({.key = "span.status", .value = options.status});
  }
  for (const query::Tag& tag : tags) {
    if (std::ranges::count(tags, tag.key, &query::Tag::key) > 1) {
      return InvalidArgument("{} is asked for more than once{}: a search takes one value of a key",
                             tag.key, tag.key == "span.status" ? " (--status is it too)" : "");
    }
  }
  return tags;
}

Result<api::client::SearchCall> MakeCall(const SearchOptions& options) {
  api::client::SearchCall call{.limit = options.limit};
  query::SearchTerms& terms = call.terms;
  if (!options.service.empty()) terms.service = options.service;
  terms.operation = options.operation;
  ASSIGN_OR_RETURN(terms.tags, MakeTags(options));
  if (!options.duration_min.empty()) {
    ASSIGN_OR_RETURN(terms.duration_min, ParseSpan(options.duration_min));
  }
  if (!options.duration_max.empty()) {
    ASSIGN_OR_RETURN(terms.duration_max, ParseSpan(options.duration_max));
    // To the query API 0 would be no bound.
    if (terms.duration_max == Nanos(0)) {
      return InvalidArgument("--max-duration must be longer than 0s");
    }
    if (terms.duration_max < terms.duration_min) {
      return InvalidArgument("--max-duration {} must not be shorter than --min-duration {}",
                             options.duration_max, options.duration_min);
    }
  }
  ASSIGN_OR_RETURN(const TimeRange times,
                   ParseTimeRange(options.times.since, options.times.from, options.times.to,
                                  base::SystemClock().Now()));
  call.start_min = times.min;
  call.start_max = times.max;
  return call;
}

/// A list of texts as JSON.
std::string JsonList(const std::vector<std::string>& texts) {
  std::string out = "[";
  for (const std::string& text : texts) {
    out += fmt::format("{}{}", out.size() > 1 ? "," : "", JsonText(text));
  }
  return out + "]";
}

/// {"traces": […]}, a line a trace.
std::string TracesJson(const std::vector<analysis::TraceSummary>& traces) {
  std::string out = "{\"traces\":[";
  for (const analysis::TraceSummary& trace : traces) {
    std::vector<std::string> services;
    for (const analysis::ServiceSummary& service : trace.services) {
      services.push_back(service.name);
    }
    out += fmt::format(
        "{}\n{{\"traceId\":\"{}\",\"rootService\":{},\"rootOperation\":{},"
        "\"startUnixNano\":\"{}\",\"durationNanos\":\"{}\",\"spanCount\":{},\"errorCount\":{},"
        "\"services\":{}}}",
        out.ends_with('[') ? "" : ",", trace.trace_id.ToHex(), JsonText(trace.root_service),
        JsonText(trace.root_operation), trace.start_min, trace.duration().count(), trace.span_count,
        trace.error_span_count, JsonList(services));
  }
  return out + "\n]}\n";
}

Result<std::string> ServiceLines(QueryClient& client, const ServicesOptions& options,
                                 const Style& style) {
  ASSIGN_OR_RETURN(const std::vector<std::string> services, client.Services());
  if (options.is_json && !options.has_operations) {
    return fmt::format("{{\"services\":{}}}\n", JsonList(services));
  }
  std::string out;
  std::string json;
  for (const std::string& service : services) {
    out += style.PaintService(service, SafeText(service)) + "\n";
    if (!options.has_operations) {
      continue;
    }
    ASSIGN_OR_RETURN(const std::vector<query::Operation> operations, client.Operations(service));
    std::vector<std::string> names;
    for (const query::Operation& operation : operations) {
      out += fmt::format("  {}{}\n", Fit(model::SpanKindName(operation.kind), 10),
                         SafeText(operation.name));
      names.push_back(operation.name);
    }
    json += fmt::format("{}{}:{}", json.empty() ? "" : ",", JsonText(service), JsonList(names));
  }
  return options.is_json ? fmt::format("{{\"operations\":{{{}}}}}\n", json) : out;
}

/// Of a search that found nothing: says so when the server has no such service at all.
void SayUnknownService(QueryClient& client, const std::string& service, const Terminal& terminal) {
  const auto known = client.Services();
  // That the search found nothing is true all the same.
  if (!known.has_value() || std::ranges::find(*known, service) != known->end()) return;
  terminal.Say(SafeText(fmt::format("There is no service \"{}\"{}.", service,
                                    base::DidYouMean(service, *known))) +
               "\n");
}

int PrintExplained(QueryClient& client, const ServerOptions& server, const Terminal& terminal,
                   const Result<std::string>& text) {
  if (!text.has_value()) return Fail(terminal, server, text.error());
  SayLeftOut(terminal, client.left_out());
  PrintServerText(terminal, *text);
  return kExitDone;
}

}  // namespace

int RunTrace(const TraceOptions& options, const Terminal& terminal) {
  const auto id = TraceId::FromHex(options.id);
  if (!id.has_value() || id->is_zero()) {
    terminal.PrintError(fmt::format(
        "no trace id: \"{}\"; it {}", SafeText(options.id),
        id.has_value() ? "must not be zero, `clew search` lists some" : "has up to 32 hex digits"));
    return kExitUsage;
  }
  auto client = Connect(options.server);
  if (!client.has_value()) {
    return Fail(terminal, options.server, client.error());
  }
  if (!options.explain.empty()) {
    return PrintExplained(**client, options.server, terminal,
                          (*client)->ExplainTrace(*id, options.explain));
  }
  const auto trace = (*client)->FindTrace(*id);
  if (!trace.has_value() && trace.error().code != Code::kNotFound) {
    return Fail(terminal, options.server, trace.error());
  }
  if (!trace.has_value() || trace->spans.empty()) {
    SayLeftOut(terminal, (*client)->left_out());
    terminal.PrintError(
        fmt::format("trace {} is not found at {}", id->ToHex(), options.server.url));
    terminal.Say("`clew search` lists the newest traces.\n");
    return kExitFailed;
  }
  SayLeftOut(terminal, (*client)->left_out());
  if (options.is_json) {
    const auto json =
        wire::otlp::TracesToJson(wire::otlp::EncodeRequest(*trace), wire::otlp::JsonDialect::kOtlp);
    if (!json.has_value()) {
      return Fail(terminal, options.server, json.error());
    }
    terminal.Print(*json + "\n");
    return kExitDone;
  }
  terminal.Print(
      DrawWaterfall(*trace, {.width = terminal.width(), .has_attributes = options.has_attributes},
                    terminal.style()));
  return kExitDone;
}

int RunSearch(const SearchOptions& options, const Terminal& terminal) {
  const auto call = MakeCall(options);
  if (!call.has_value()) {
    terminal.PrintError(call.error().message);
    return kExitUsage;
  }
  auto client = Connect(options.server);
  if (!client.has_value()) {
    return Fail(terminal, options.server, client.error());
  }
  if (!options.explain.empty()) {
    return PrintExplained(**client, options.server, terminal,
                          (*client)->ExplainSearch(*call, options.explain));
  }
  const auto traces = (*client)->Search(*call);
  if (!traces.has_value()) {
    return Fail(terminal, options.server, traces.error());
  }
  SayLeftOut(terminal, (*client)->left_out());
  if (traces->empty() && !options.service.empty()) {
    SayUnknownService(**client, options.service, terminal);
  }
  if (options.is_json) {
    terminal.Print(TracesJson(*traces));
    return kExitDone;
  }
  if (traces->empty()) {
    terminal.Say(fmt::format(
        "No such traces between {} and {} UTC.\n"
        "Look further back with --since 7d or --from; `clew services` lists what there is.\n",
        TimeText(call->start_min), TimeText(call->start_max)));
    return kExitDone;
  }
  terminal.Print(DrawTraceTable(*traces, terminal.text_width(), terminal.style()));
  if (traces->size() == options.limit) {
    terminal.Say(fmt::format("These are the newest {}; --limit shows more.\n", traces->size()));
  }
  return kExitDone;
}

int RunServices(const ServicesOptions& options, const Terminal& terminal) {
  auto client = Connect(options.server);
  if (!client.has_value()) {
    return Fail(terminal, options.server, client.error());
  }
  if (!options.explain.empty()) {
    return PrintExplained(**client, options.server, terminal,
                          (*client)->ExplainServices(options.explain));
  }
  const auto lines = ServiceLines(**client, options, terminal.style());
  if (!lines.has_value()) {
    return Fail(terminal, options.server, lines.error());
  }
  SayLeftOut(terminal, (*client)->left_out());
  if (lines->empty()) {
    terminal.Say("No spans yet. `clew demo` sends some.\n");
  }
  terminal.Print(*lines);
  return kExitDone;
}

}  // namespace clew::app::cli
