#include "api/tempo/tempo_api.h"

#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <utility>

#include "api/explainer.h"
#include "api/responses.h"
#include "api/tempo/metrics_endpoint.h"
#include "api/tempo/search_endpoint.h"
#include "api/tempo/tag_endpoints.h"
#include "api/tempo/trace_filter.h"
#include "api/tempo/trace_params.h"
#include "api/trace_pieces.h"
#include "query/collect.h"
#include "wire/otlp/json.h"
#include "wire/otlp/json_text.h"
#include "wire/otlp/same_spans.h"
#include "wire/tempo/trace_by_id.h"

namespace clew::api::tempo {
namespace {

/// Places in the table below.
enum Route : std::size_t {
  kTraceV1,
  kTraceV2,
  kTagsV1,
  kTagsV2,
  kTagValuesV1,
  kTagValuesV2,
  kSearch,
  kMetricsRange,
  kMetricsInstant,
  kEcho,
  kBuildInfo,
  kReady,
  kStatus,
  kVersion,
  kServices,
  kEndpoints
};

const std::vector<Endpoint>& EndpointTable() {
  static const std::vector<Endpoint> table = {
      {"GET", "/api/traces/{id}", {"start", "end", "mode", "blockStart", "blockEnd"}},
      {"GET",
       "/api/v2/traces/{id}",
       {"start", "end", "mode", "blockStart", "blockEnd", "q", "keep_hierarchy", "match_depth",
        "ancestor_depth", "semantic_conventions"}},
      {"GET",
       "/api/search/tags",
       {"scope", "q", "semantic_conventions", "start", "end", "limit", "maxStaleValues"}},
      {"GET",
       "/api/v2/search/tags",
       {"scope", "q", "semantic_conventions", "start", "end", "limit", "maxStaleValues"}},
      {"GET",
       "/api/search/tag/{tag}/values",
       {"q", "semantic_conventions", "start", "end", "limit", "maxStaleValues"},
       true},
      {"GET",
       "/api/v2/search/tag/{tag}/values",
       {"q", "semantic_conventions", "start", "end", "limit", "maxStaleValues"},
       true},
      {"GET",
       "/api/search",
       {"q", "tags", "minDuration", "maxDuration", "limit", "start", "end", "since", "spss",
        "skip_ast_transformations", "semantic_conventions", "explain"}},
      {"GET",
       "/api/metrics/query_range",
       {"q", "query", "start", "end", "since", "step", "exemplars", "maxSeries", "instant", "mode",
        "skip_ast_transformations", "semantic_conventions", "explain"}},
      {"GET",
       "/api/metrics/query",
       {"q", "query", "start", "end", "since", "step", "exemplars", "maxSeries", "mode",
        "skip_ast_transformations", "semantic_conventions", "explain"}},
      {"GET", "/api/echo", {}},
      {"GET", "/api/status/buildinfo", {}},
      {"GET", "/ready", {}},
      {"GET", "/status", {}},
      {"GET", "/status/version", {}},
      {"GET", "/status/services", {}},
      {"GET", "/status/endpoints", {}},
  };
  return table;
}

bool IsBelowApi(std::string_view path) { return path == "/api" || path.starts_with("/api/"); }

std::string JsonText(const std::string& text) {
  rapidjson::StringBuffer buffer;
  rapidjson::Writer<rapidjson::StringBuffer> json(buffer);
  const std::string valid = wire::otlp::RepairUtf8(text);
  json.String(valid.data(), static_cast<rapidjson::SizeType>(valid.size()));
  return {buffer.GetString(), buffer.GetSize()};
}

net::HttpResponse Body(std::string content_type, std::string body) {
  net::HttpResponse response;
  response.content_type = std::move(content_type);
  response.body = std::move(body);
  return response;
}

net::HttpResponse ErrorResponse(const Error& error) {
  // Tempo's own words, which clients may look for (tempo-api.md section 1.2).
  std::string text = error.code == Code::kUnauthenticated ? "no org id" : error.message;
  // Here it means that the trace is too large, for which Tempo has a status of its own, or a list.
  const int status = error.code == Code::kResourceExhausted ? 422 : HttpStatusOf(error);
  net::HttpResponse response = TextResponse(status, std::move(text));
  AddRetryAfter(error, &response);
  return response;
}

struct Question {
  query::QueryService& query;
  const QueryCall& call;
  const net::HttpRequest& request;
  const std::string& tag;
  std::size_t limit_max;
};

/// What is asked of one of the endpoints that give lists and series.
Result<Written> Ask(Route route, const Question& asked, const EarlyMessages& early = {}) {
  const auto& [query, call, request, tag, limit_max] = asked;
  switch (route) {
    case kTagsV1:
      return ServeTagNames(query, call, request, TagForm::kV1);
    case kTagsV2:
      return ServeTagNames(query, call, request, TagForm::kV2);
    case kTagValuesV1:
      return ServeTagValues(query, call, request, tag, TagForm::kV1);
    case kTagValuesV2:
      return ServeTagValues(query, call, request, tag, TagForm::kV2);
    case kMetricsRange:
      return ServeMetrics(query, call, request, MetricsForm::kRange);
    case kMetricsInstant:
      return ServeMetrics(query, call, request, MetricsForm::kInstant);
    default:
      return ServeSearch(query, call, request, limit_max, early);
  }
}

/// Tempo's v1: the trace alone.
TextSource TraceV1(std::shared_ptr<TracePieces> pieces, MediaType type) {
  if (type == MediaType::kProtobuf) {
    return OtlpProtobuf(std::move(pieces), [](std::string part) { return part; });
  }
  return OtlpJson(std::move(pieces), wire::otlp::JsonDialect::kProtobuf, "batches");
}

/// Null `pieces` stand for "not found".
TextSource TraceV2(std::shared_ptr<TracePieces> pieces, MediaType type,
                   const std::optional<std::string>& partial) {
  if (type == MediaType::kProtobuf) {
    std::string end = wire::tempo::EncodeTraceByIdEnd(partial.value_or(""));
    if (pieces == nullptr)
      return Surround(wire::tempo::EncodeTraceByIdPart(""), {}, std::move(end));
    return Surround("", OtlpProtobuf(std::move(pieces), wire::tempo::EncodeTraceByIdPart),
                    std::move(end));
  }
  TextSource trace = Surround("{}", {}, "");
  if (pieces != nullptr) {
    trace = OtlpJson(std::move(pieces), wire::otlp::JsonDialect::kProtobuf);
  }
  std::string end = ",\"metrics\":{}";
  if (partial) end += ",\"status\":\"PARTIAL\",\"message\":" + JsonText(*partial);
  return Surround("{\"trace\":", std::move(trace), end + "}");
}

/// Tempo's words.
constexpr std::string_view kFilteredText =
    "Trace filtered, only a subset of spans matching the filter is returned";

/// Of Tempo, whose API this is. Grafana turns off what servers before some version lack, such as
/// streaming before 2.7, so clew's own says nothing to it.
constexpr const char* kTempoVersion = "3.0.3";

std::string BuildInfo(const std::string& version) {
  rapidjson::StringBuffer buffer;
  rapidjson::Writer<rapidjson::StringBuffer> json(buffer);
  json.StartObject();
  json.Key("version");
  json.String(kTempoVersion);
  json.Key("revision");
  json.String(("clew " + version).c_str());
  for (const char* unknown : {"branch", "buildUser", "buildDate", "goVersion"}) {
    json.Key(unknown);
    json.String("");
  }
  json.EndObject();
  return {buffer.GetString(), buffer.GetSize()};
}

}  // namespace

TempoApi::TempoApi(query::QueryService& query, TempoOptions options,
                   std::function<Status()> readiness)
    : query_(query), options_(std::move(options)), readiness_(std::move(readiness)) {}

std::vector<Endpoint> TempoApi::Endpoints() { return EndpointTable(); }

std::optional<std::string_view> TempoApi::PathOf(const net::HttpRequest& request) const {
  const auto below_prefix = StripPrefix(request.path, options_.api_prefix);
  if (below_prefix && IsBelowApi(*below_prefix)) return below_prefix;
  // The status pages have no prefix.
  return IsBelowApi(request.path) ? std::nullopt : std::optional<std::string_view>(request.path);
}

bool TempoApi::IsImmediate(const net::HttpRequest& request) const {
  const auto path = PathOf(request);
  if (!path) return true;
  const auto match = FindEndpoint(EndpointTable(), request.method, *path);
  return !match || !match->is_method_served || match->index >= kEcho;
}

Answer TempoApi::Handle(const net::HttpRequest& request) const {
  const auto path = PathOf(request);
  const auto match =
      path ? FindEndpoint(EndpointTable(), request.method, *path) : std::optional<EndpointMatch>();
  if (!match) {
    return {.response = NotFound(path && IsBelowApi(*path))};
  }
  const Endpoint& endpoint = EndpointTable()[match->index];
  Answer answer;
  answer.route = endpoint.path;
  answer.response =
      match->is_method_served ? Serve(*match, request, &answer) : MethodNotAllowed(endpoint.method);
  return answer;
}

net::HttpResponse TempoApi::Serve(const EndpointMatch& match, const net::HttpRequest& request,
                                  Answer* answer) const {
  switch (static_cast<Route>(match.index)) {
    case kTraceV1:
    case kTraceV2: {
      auto response = OrNoMemory([&] { return ServeTrace(match, request, answer); });
      return response ? std::move(*response) : ErrorResponse(response.error());
    }
    case kTagsV1:
    case kTagsV2:
    case kTagValuesV1:
    case kTagValuesV2:
    case kSearch:
    case kMetricsRange:
    case kMetricsInstant: {
      auto response = OrNoMemory([&] { return ServeQuery(match, request); });
      return response ? std::move(*response) : ErrorResponse(response.error());
    }
    case kEcho:
      return TextResponse(200, "echo");
    case kBuildInfo:
      return Body("application/json", BuildInfo(options_.version));
    case kReady:
      return Ready();
    default:
      return Page(match.index);
  }
}

Result<net::HttpResponse> TempoApi::ServeTrace(const EndpointMatch& match,
                                               const net::HttpRequest& request,
                                               Answer* answer) const {
  const bool is_v1 = match.index == kTraceV1;
  ASSIGN_OR_RETURN(std::vector<TenantId> tenants, TenantsOf(options_.tenancy, request));
  ASSIGN_OR_RETURN(const TraceId id, ParseTraceId(net::PercentDecode(match.captures[0], false)));
  TRY(CheckTraceParams(request));
  std::optional<TraceFilter> filter;
  if (!is_v1) {
    ASSIGN_OR_RETURN(filter, ParseTraceFilter(request));
  }
  ASSIGN_OR_RETURN(const MediaType type, FormOf(request));
  const QueryCall call(request, std::move(tenants), options_.limits);
  // It may have waited long for its turn.
  TRY(call.context().Check());
  std::shared_ptr<TracePieces> pieces;
  ASSIGN_OR_RETURN(query::TraceList found,
                   query::CollectTraces(query_, query::TracePlan(id), call.context()));
  bool is_part = false;
  if (filter && !found.traces.empty()) {
    model::SpanColumnsPtr& trace = found.traces.front();
    const std::size_t all = trace->span_count();
    ASSIGN_OR_RETURN(trace, FilterTrace(*filter, std::exchange(trace, nullptr), call.context()));
    is_part = trace == nullptr || trace->span_count() < all;
    if (trace == nullptr) found.traces.clear();
  }
  if (!found.traces.empty()) {
    answer->trace_count = 1;
    answer->span_count = found.traces.front()->span_count();
    pieces = std::make_shared<TracePieces>(
        std::move(found.traces),
        [](analysis::ShownTrace* trace) { wire::otlp::SplitSharedSpanIds(&trace->spans); },
        call.hold());
  }
  std::optional<std::string> partial = PartialText(call.left_out());
  if (is_part) partial = (partial ? *partial + "; " : "") + std::string(kFilteredText);
  if (pieces == nullptr && is_v1) {
    // Tempo says nothing then, and neither do we unless there is something to say.
    Error error{Code::kNotFound, "trace not found"};
    if (partial) call.AddLeftOut(&error);
    net::HttpResponse absent = TextResponse(404, partial ? error.message : "");
    call.AddWarning(&absent);
    return absent;
  }
  net::HttpResponse response;
  call.AddWarning(&response);
  response.content_type =
      type == MediaType::kProtobuf ? "application/protobuf" : "application/json";
  TRY(SetBody(is_v1 ? TraceV1(std::move(pieces), type) : TraceV2(std::move(pieces), type, partial),
              &response));
  return response;
}

Result<net::HttpResponse> TempoApi::ServeQuery(const EndpointMatch& match,
                                               const net::HttpRequest& request) const {
  ASSIGN_OR_RETURN(std::vector<TenantId> tenants, TenantsOf(options_.tenancy, request));
  const QueryCall call(request, std::move(tenants), options_.limits);
  // It may have waited long for its turn.
  TRY(call.context().Check());
  const std::string tag =
      match.captures.empty() ? std::string() : net::PercentDecode(match.captures[0], false);
  const auto ask = [&](query::QueryService& query) {
    return Ask(static_cast<Route>(match.index), {query, call, request, tag, options_.limit_max});
  };
  const auto& parameters = EndpointTable()[match.index].parameters;
  if (std::ranges::find(parameters, "explain") != parameters.end()) {
    ASSIGN_OR_RETURN(const auto explained, Explainer::ModeOf(request));
    if (explained) return Explained(query_, *explained, call, ask);
  }
  ASSIGN_OR_RETURN(Written written, ask(query_));
  return Respond(call, std::move(written));
}

Result<TextSource> TempoApi::Messages(std::string_view endpoint, const std::string& tag,
                                      const net::HttpRequest& request,
                                      const EarlyMessages& early) const {
  const auto found = std::ranges::find(EndpointTable(), endpoint, &Endpoint::path);
  const auto route = static_cast<Route>(found - EndpointTable().begin());
  return OrNoMemory([&]() -> Result<TextSource> {
    ASSIGN_OR_RETURN(std::vector<TenantId> tenants, TenantsOf(options_.tenancy, request));
    const QueryCall call(request, std::move(tenants), options_.limits);
    TRY(call.context().Check());
    ASSIGN_OR_RETURN(Written written,
                     Ask(route, {query_, call, request, tag, options_.limit_max}, early));
    return std::move(written.parts);
  });
}

net::HttpResponse TempoApi::NotFound(bool is_api) const {
  std::string text = "404 page not found";
  if (is_api) {
    text += ", served here are";
    for (const Endpoint& endpoint : EndpointTable()) {
      if (IsBelowApi(endpoint.path)) {
        text += " " + options_.api_prefix + std::string(endpoint.path);
      }
    }
  }
  return TextResponse(404, text + "\n");
}

net::HttpResponse TempoApi::Ready() const {
  const Status ready = readiness_();
  return ready ? TextResponse(200, "ready\n") : TextResponse(503, ready.error().message + "\n");
}

net::HttpResponse TempoApi::Page(std::size_t route) const {
  const std::string version = "clew, version " + options_.version + "\n";
  if (route == kVersion) return TextResponse(200, version);
  const Status ready = readiness_();
  const std::string state = ready ? "Running" : "Starting: " + ready.error().message;
  const std::string services = "services:\nquery    Running\nstorage  " + state + "\n";
  if (route == kServices) return TextResponse(200, services);
  std::string endpoints = "endpoints:\n";
  for (const Endpoint& endpoint : EndpointTable()) {
    const std::string prefix = IsBelowApi(endpoint.path) ? options_.api_prefix : "";
    endpoints += std::string(endpoint.method) + " " + prefix + std::string(endpoint.path) + "\n";
  }
  if (route == kEndpoints) return TextResponse(200, endpoints);
  return TextResponse(200, version + "\n" + services + "\n" + endpoints);
}

}  // namespace clew::api::tempo
