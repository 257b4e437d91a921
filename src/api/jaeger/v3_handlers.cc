#include <memory>
#include <optional>
#include <utility>

#include "analysis/trace_summary.h"
#include "api/jaeger/handlers.h"
#include "api/jaeger/json_writer.h"
#include "api/jaeger/list_source.h"
#include "api/jaeger/params.h"
#include "api/jaeger/search_params.h"
#include "api/jaeger/show_trace.h"
#include "query/collect.h"
#include "wire/otlp/json.h"

namespace clew::api::jaeger {
namespace {

/// One {result:{resourceSpans}} of all traces.
Result<Reply> TracesResult(const Call& call, std::vector<model::SpanColumnsPtr> traces,
                           bool is_raw) {
  if (traces.empty()) {
    return base::NotFound("No traces found");
  }
  Reply reply;
  CountShown(call.options, traces, &reply);
  // The first span is the place where v3 says what is left out.
  auto prepare =
      [options = call.options, is_raw,
       left_out = PartialText(call.query_call.left_out())](analysis::ShownTrace* trace) mutable {
        if (left_out) trace->warnings.Add(0, *std::exchange(left_out, std::nullopt));
        PrepareTrace(options, is_raw, trace);
        if (!is_raw) WriteNames(trace);
      };
  auto prepare_piece = [](analysis::ShownTrace* piece) {
    TakeStoredWarnings(piece);
    MoveWarningsToAttributes(piece);
  };
  auto pieces = std::make_shared<TracePieces>(std::move(traces), std::move(prepare),
                                              call.query_call.hold(), std::move(prepare_piece));
  reply.source =
      Surround("{\"result\":", OtlpJson(std::move(pieces), wire::otlp::JsonDialect::kOtlp), "}");
  return reply;
}

Result<TraceQuery> ParseSearch(const Call& call) {
  return ParseV3Search(call.request, {.now = call.now, .limit_max = call.options.limit_max});
}

void WriteTextUnlessEmpty(JsonWriter& json, std::string_view key, std::string_view text) {
  if (!text.empty()) {
    WriteMember(json, key, text);
  }
}

void WriteCountUnlessZero(JsonWriter& json, std::string_view key, std::uint64_t count) {
  if (count != 0) {
    WriteMember(json, key, count);
  }
}

void WriteTimeUnlessZero(JsonWriter& json, std::string_view key, UnixNanos time) {
  if (time != 0) {
    WriteMember(json, key, std::to_string(static_cast<std::uint64_t>(time)));
  }
}

void WriteSummary(JsonWriter& json, const analysis::TraceSummary& summary) {
  json.StartObject();
  WriteMember(json, "traceId", summary.trace_id.ToHex());
  WriteTextUnlessEmpty(json, "rootServiceName", summary.root_service);
  WriteTextUnlessEmpty(json, "rootOperationName", summary.root_operation);
  WriteTimeUnlessZero(json, "minStartTimeUnixNano", summary.start_min);
  WriteTimeUnlessZero(json, "maxEndTimeUnixNano", summary.end_max);
  WriteCountUnlessZero(json, "spanCount", summary.span_count);
  WriteCountUnlessZero(json, "errorSpanCount", summary.error_span_count);
  WriteCountUnlessZero(json, "orphanSpanCount", summary.orphan_span_count);
  WriteKey(json, "services");
  json.StartArray();
  for (const analysis::ServiceSummary& service : summary.services) {
    json.StartObject();
    // Even when it is empty: the Jaeger UI refuses an answer with a nameless service.
    WriteMember(json, "name", service.name);
    WriteCountUnlessZero(json, "spanCount", service.span_count);
    WriteCountUnlessZero(json, "errorSpanCount", service.error_span_count);
    json.EndObject();
  }
  json.EndArray();
  json.EndObject();
}

/// Makes a summary of each trace as it comes, so that no more than some are held whole.
class SummarySink final : public query::Sink {
 public:
  /// `context` outlives it.
  explicit SummarySink(const query::QueryContext& context) : context_(context) {}

  Status Take(query::Row row) override {
    const auto* const trace = std::get_if<model::SpanColumnsPtr>(&row);
    if (trace == nullptr) return base::Internal("a search gives rows of another type");
    analysis::TraceSummary summary = analysis::Summarize(**trace);
    // As it is, as text, and cut into what is sent.
    std::uint64_t bytes =
        sizeof(summary) + summary.root_service.size() + summary.root_operation.size();
    for (const analysis::ServiceSummary& service : summary.services) {
      bytes += sizeof(service) + service.name.size();
    }
    TRY(context_.TakeMemory(3 * bytes));
    summaries.push_back(std::move(summary));
    return {};
  }
  bool keeps_rows() const override { return false; }

  std::vector<analysis::TraceSummary> summaries;

 private:
  const query::QueryContext& context_;
};

}  // namespace

Result<Reply> V3Services(const Call& call) {
  ASSIGN_OR_RETURN(auto services,
                   query::Collect<std::string>(call.query, query::ServicesPlan(), call.context));
  auto list = ListSource<std::string>(
      call.query_call.hold().memory, std::move(services),
      [](JsonWriter& json, const std::string& service) { WriteText(json, service); });
  return Reply{.source = Surround("{\"services\":", std::move(list), "}")};
}

Result<Reply> V3Operations(const Call& call) {
  const std::string service(V3Param(call.request, "service"));
  const std::string_view wanted_kind = V3Param(call.request, "spanKind");
  ASSIGN_OR_RETURN(auto found, query::Collect<query::Operation>(
                                   call.query, query::OperationsPlan(service), call.context));
  // In order of name, then kind: what has two reasons to be "internal" stands side by side.
  std::vector<query::Operation> operations;
  for (query::Operation& operation : found) {
    if (model::SpanKindName(operation.kind).empty()) operation.kind = model::SpanKind::kInternal;
    const bool is_wanted =
        wanted_kind.empty() || model::SpanKindName(operation.kind) == wanted_kind;
    const bool is_there = !operations.empty() && operations.back() == operation;
    if (is_wanted && !is_there) operations.push_back(std::move(operation));
  }
  auto list = ListSource<query::Operation>(call.query_call.hold().memory, std::move(operations),
                                           [](JsonWriter& json, const query::Operation& operation) {
                                             json.StartObject();
                                             WriteMember(json, "name", operation.name);
                                             WriteMember(json, "spanKind",
                                                         model::SpanKindName(operation.kind));
                                             json.EndObject();
                                           });
  return Reply{.source = Surround("{\"operations\":", std::move(list), "}")};
}

Result<Reply> V3Search(const Call& call) {
  ASSIGN_OR_RETURN(const TraceQuery query, ParseSearch(call));
  ASSIGN_OR_RETURN(auto traces, query::Collect<model::SpanColumnsPtr>(
                                    call.query, query::SearchPlan(query.search), call.context));
  return TracesResult(call, std::move(traces), query.is_raw);
}

Result<Reply> V3Trace(const Call& call) {
  const auto id = ParseTraceId(net::PercentDecode(call.captures[0], false));
  if (!id) {
    return base::InvalidArgument("malformed parameter trace_id: {}", id.error().message);
  }
  TRY(CheckV3TimeHints(call.request));
  ASSIGN_OR_RETURN(const bool is_raw, V3BoolParam(call.request, "rawTraces"));
  ASSIGN_OR_RETURN(query::TraceList found,
                   query::CollectTraces(call.query, query::TracePlan(*id), call.context));
  return TracesResult(call, std::move(found.traces), is_raw);
}

Result<Reply> V3TraceSummaries(const Call& call) {
  ASSIGN_OR_RETURN(const TraceQuery query, ParseSearch(call));
  SummarySink sink(call.context);
  TRY(call.query.Run(query::SearchPlan(query.search), call.context, sink));
  Reply reply;
  reply.trace_count = sink.summaries.size();
  for (const analysis::TraceSummary& summary : sink.summaries) {
    reply.span_count += summary.span_count;
  }
  // One after the other: names of services may be long.
  auto next = [memory = call.query_call.hold().memory, summaries = std::move(sink.summaries),
               place = std::size_t{0}](std::string* out) mutable -> Result<bool> {
    if (place == summaries.size()) return false;
    rapidjson::StringBuffer buffer;
    JsonWriter json(buffer);
    WriteSummary(json, std::exchange(summaries[place], {}));
    if (place++ > 0) *out += ',';
    out->append(buffer.GetString(), buffer.GetSize());
    return true;
  };
  reply.source = Surround("{\"summaries\":[", std::move(next), "]}");
  return reply;
}

}  // namespace clew::api::jaeger
