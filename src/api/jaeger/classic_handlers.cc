#include <utility>

#include "api/jaeger/handlers.h"
#include "api/jaeger/params.h"
#include "api/jaeger/search_params.h"
#include "api/jaeger/show_trace.h"
#include "api/jaeger/span_json.h"
#include "query/collect.h"

namespace clew::api::jaeger {
namespace {

Result<TraceId> TraceIdOf(const Call& call) {
  auto id = ParseTraceId(net::PercentDecode(call.captures[0], false));
  if (!id) {
    return base::InvalidArgument("unable to parse param 'traceID': {}", id.error().message);
  }
  return id;
}

TracePieces::Prepare Preparation(const Call& call, bool is_raw) {
  if (is_raw && call.options.trace_span_count_max == 0) return nullptr;
  return [options = call.options, is_raw](analysis::ShownTrace* trace) {
    PrepareTrace(options, is_raw, trace);
  };
}

Result<Reply> FindTraces(const Call& call, const TraceQuery& query) {
  ASSIGN_OR_RETURN(
      query::TraceList found,
      query::CollectTraces(call.query, query::TracesPlan(query.trace_ids), call.context));
  Reply reply = TracesReply(call, std::move(found.traces), Preparation(call, query.is_raw));
  for (const TraceId& id : found.absent) {
    reply.errors.push_back({.message = "trace not found", .trace_id = TraceIdText(id)});
  }
  return reply;
}

}  // namespace

Result<Reply> ClassicSearch(const Call& call) {
  ASSIGN_OR_RETURN(
      const TraceQuery query,
      ParseClassicSearch(call.request, {.now = call.now, .limit_max = call.options.limit_max}));
  if (!query.trace_ids.empty()) {
    return FindTraces(call, query);
  }
  ASSIGN_OR_RETURN(auto traces, query::Collect<model::SpanColumnsPtr>(
                                    call.query, query::SearchPlan(query.search), call.context));
  return TracesReply(call, std::move(traces), Preparation(call, query.is_raw));
}

Result<Reply> ClassicTrace(const Call& call) {
  ASSIGN_OR_RETURN(const TraceId id, TraceIdOf(call));
  TRY(CheckClassicTimeHints(call.request));
  ASSIGN_OR_RETURN(const bool is_raw, ClassicBoolParam(call.request, "raw"));
  ASSIGN_OR_RETURN(query::TraceList found,
                   query::CollectTraces(call.query, query::TracePlan(id), call.context));
  if (found.traces.empty()) return base::NotFound("trace not found");
  return TracesReply(call, std::move(found.traces), Preparation(call, is_raw));
}

Result<Reply> ClassicArchive(const Call& call) {
  TRY(TraceIdOf(call));
  TRY(CheckClassicTimeHints(call.request));
  return base::Internal("archive span storage was not configured");
}

}  // namespace clew::api::jaeger
