#include "api/tempo/tempo_api.h"

#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include <utility>

#include "api/responses.h"
#include "api/tempo/trace_params.h"
#include "model/same_spans.h"
#include "wire/otlp/encode.h"
#include "wire/otlp/json.h"
#include "wire/tempo/trace_by_id.h"

namespace clew::api::tempo {
namespace {

/// Places in the table below.
enum Route : std::size_t { kTraceV1, kTraceV2, kEcho, kBuildInfo, kReady, kStatus, kVersion };

const std::vector<Endpoint>& EndpointTable() {
  static const std::vector<Endpoint> table = {
      {"GET", "/api/traces/{id}", {"start", "end", "mode", "blockStart", "blockEnd"}},
      {"GET", "/api/v2/traces/{id}", {"start", "end", "mode", "blockStart", "blockEnd", "q"}},
      {"GET", "/api/echo", {}},
      {"GET", "/api/status/buildinfo", {}},
      {"GET", "/ready", {}},
      {"GET", "/status", {}},
      {"GET", "/status/version", {}},
  };
  return table;
}

bool IsBelowApi(std::string_view path) { return path == "/api" || path.starts_with("/api/"); }

net::HttpResponse Body(std::string content_type, std::string body) {
  net::HttpResponse response;
  response.content_type = std::move(content_type);
  response.body = std::move(body);
  return response;
}

net::HttpResponse ErrorResponse(const Error& error) {
  // Tempo's own words, which clients may look for (tempo-api.md section 1.2).
  std::string text = error.code == Code::kUnauthenticated ? "no org id" : error.message;
  // Here it can only mean that the trace is too large, for which Tempo has a status of its own.
  const int status = error.code == Code::kResourceExhausted ? 422 : HttpStatusOf(error);
  net::HttpResponse response = TextResponse(status, std::move(text));
  AddRetryAfter(error, &response);
  return response;
}

/// `trace` is an encoded TracesData.
Result<net::HttpResponse> TraceV1(std::string trace, MediaType type) {
  if (type == MediaType::kProtobuf) {
    return Body("application/protobuf", std::move(trace));
  }
  ASSIGN_OR_RETURN(std::string json,
                   wire::otlp::TracesToJson(trace, wire::otlp::JsonDialect::kProtobuf, "batches"));
  return Body("application/json", std::move(json));
}

/// An empty `trace` stands for "not found".
Result<net::HttpResponse> TraceV2(const std::string& trace, MediaType type) {
  if (type == MediaType::kProtobuf) {
    return Body("application/protobuf", wire::tempo::EncodeTraceByIdResponse(trace));
  }
  std::string json = "{}";
  if (!trace.empty()) {
    ASSIGN_OR_RETURN(json, wire::otlp::TracesToJson(trace, wire::otlp::JsonDialect::kProtobuf));
  }
  return Body("application/json", "{\"trace\":" + json + ",\"metrics\":{}}");
}

std::string BuildInfo(const std::string& version) {
  rapidjson::StringBuffer buffer;
  rapidjson::Writer<rapidjson::StringBuffer> json(buffer);
  json.StartObject();
  json.Key("version");
  json.String(version.c_str());
  for (const char* unknown : {"revision", "branch", "buildUser", "buildDate", "goVersion"}) {
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

Answer TempoApi::Handle(const net::HttpRequest& request) const {
  const auto below_prefix = StripPrefix(request.path, options_.api_prefix);
  const bool is_api = below_prefix && IsBelowApi(*below_prefix);
  // The status pages have no prefix.
  const std::string_view path = is_api ? *below_prefix : std::string_view(request.path);
  const auto match = FindEndpoint(EndpointTable(), request.method, path);
  if (!match || IsBelowApi(path) != is_api) {
    return {.response = NotFound(is_api)};
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
      auto response = ServeTrace(match, request, answer);
      return response ? std::move(*response) : ErrorResponse(response.error());
    }
    case kEcho:
      return TextResponse(200, "echo");
    case kBuildInfo:
      return Body("application/json", BuildInfo(options_.version));
    case kReady:
      return Ready();
    case kStatus:
      return Summary();
    case kVersion:
      break;
  }
  return TextResponse(200, "clew, version " + options_.version + "\n");
}

Result<net::HttpResponse> TempoApi::ServeTrace(const EndpointMatch& match,
                                               const net::HttpRequest& request,
                                               Answer* answer) const {
  const bool is_v1 = match.index == kTraceV1;
  ASSIGN_OR_RETURN(const TenantId tenant, TenantOf(options_.tenancy, request));
  ASSIGN_OR_RETURN(const TraceId id, ParseTraceId(net::PercentDecode(match.captures[0], false)));
  TRY(CheckTraceParams(request));
  if (!is_v1) {
    TRY(CheckNoFilter(request));
  }
  const MediaType type = AcceptedType(request.headers.Get("Accept"));
  if (type == MediaType::kLlm) {
    return base::InvalidArgument(
        "application/vnd.grafana.llm is not served, accept application/json or "
        "application/protobuf");
  }
  std::string encoded;
  const query::QueryContext context{
      .tenant = tenant, .deadline = std::chrono::steady_clock::now() + options_.timeout};
  auto trace = query_.FindTrace(context, id);
  if (trace) {
    model::SplitSharedSpanIds(&*trace);
    answer->trace_count = 1;
    answer->span_count = trace->spans.size();
    encoded = wire::otlp::EncodeRequest(*trace);
  } else if (trace.error().code != Code::kNotFound) {
    return std::unexpected(trace.error());
  } else if (is_v1) {
    return TextResponse(404, "");
  }
  return is_v1 ? TraceV1(std::move(encoded), type) : TraceV2(encoded, type);
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

net::HttpResponse TempoApi::Summary() const {
  const Status ready = readiness_();
  std::string text = "clew, version " + options_.version + "\n\n";
  text += ready ? "ready" : "not ready: " + ready.error().message;
  text += "\n\nendpoints:\n";
  for (const Endpoint& endpoint : EndpointTable()) {
    const std::string prefix = IsBelowApi(endpoint.path) ? options_.api_prefix : "";
    text += std::string(endpoint.method) + " " + prefix + std::string(endpoint.path) + "\n";
  }
  return TextResponse(200, std::move(text));
}

}  // namespace clew::api::tempo
