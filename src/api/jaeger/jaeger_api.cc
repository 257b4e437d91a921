#include "api/jaeger/jaeger_api.h"

#include <algorithm>
#include <array>
#include <utility>

#include "api/explainer.h"
#include "api/jaeger/handlers.h"
#include "api/jaeger/json_writer.h"
#include "api/json_indent.h"
#include "api/responses.h"

namespace clew::api::jaeger {
namespace {

constexpr std::size_t kIndent = 4;

/// kPlain: errors as in the classic one, answers without its envelope.
enum class Dialect { kClassic, kPlain, kV3 };

struct Route {
  Endpoint endpoint;
  Dialect dialect;
  Handler handler;
};

const std::vector<Route>& Routes() {
  static const std::vector<std::string_view> v3_search = {"query.serviceName",
                                                          "query.operationName",
                                                          "query.startTimeMin",
                                                          "query.startTimeMax",
                                                          "query.searchDepth",
                                                          "query.durationMin",
                                                          "query.durationMax",
                                                          "query.rawTraces",
                                                          "query.attributes",
                                                          "query.filter",
                                                          "explain"};
  static const std::vector<std::string_view> metrics = {"service", "quantile", "groupByOperation",
                                                        "endTs",   "lookback", "step",
                                                        "ratePer", "spanKind"};
  static const std::vector<Route> routes = {
      {{"GET", "/api/services", {"prettyPrint"}}, Dialect::kClassic, ClassicServices},
      {{"GET", "/api/services/{service}/operations", {"prettyPrint"}, true},
       Dialect::kClassic,
       ClassicServiceOperations},
      {{"GET", "/api/operations", {"service", "spanKind", "prettyPrint"}},
       Dialect::kClassic,
       ClassicOperations},
      {{"GET",
        "/api/traces",
        {"service", "operation", "start", "end", "limit", "minDuration", "maxDuration", "tag",
         "tags", "traceID", "raw", "prettyPrint"}},
       Dialect::kClassic,
       ClassicSearch},
      {{"GET", "/api/traces/{traceID}", {"start", "end", "raw", "prettyPrint"}},
       Dialect::kClassic,
       ClassicTrace},
      {{"GET", "/api/dependencies", {"endTs", "lookback", "service", "prettyPrint", "explain"}},
       Dialect::kClassic,
       ClassicDependencies},
      {{"POST", "/api/archive/{traceID}", {"start", "end", "prettyPrint"}},
       Dialect::kClassic,
       ClassicArchive},
      {{"POST", "/api/transform", {"prettyPrint"}}, Dialect::kClassic, ClassicTransform},
      {{"GET", "/api/metrics/latencies", metrics}, Dialect::kPlain, ClassicMetrics},
      {{"GET", "/api/metrics/calls", metrics}, Dialect::kPlain, ClassicMetrics},
      {{"GET", "/api/metrics/errors", metrics}, Dialect::kPlain, ClassicMetrics},
      {{"GET", "/api/deep-dependencies", {"service"}}, Dialect::kPlain, ClassicDeepDependencies},
      {{"GET", "/api/quality-metrics", {"service", "hours"}},
       Dialect::kPlain,
       ClassicQualityMetrics},
      {{"GET", "/api/v3/services", {"explain"}}, Dialect::kV3, V3Services},
      {{"GET", "/api/v3/operations", {"service", "spanKind", "explain"}},
       Dialect::kV3,
       V3Operations},
      {{"GET", "/api/v3/traces", v3_search}, Dialect::kV3, V3Search},
      {{"GET", "/api/v3/traces/{trace_id}", {"startTime", "endTime", "rawTraces", "explain"}},
       Dialect::kV3,
       V3Trace},
      {{"GET", "/api/v3/trace-summaries", v3_search}, Dialect::kV3, V3TraceSummaries},
  };
  return routes;
}

const std::vector<Endpoint>& EndpointTable() {
  static const std::vector<Endpoint> table = JaegerApi::Endpoints();
  return table;
}

/// What comes after the data in the classic envelope.
std::string EnvelopeEnd(std::uint64_t total, const std::vector<EnvelopeError>& errors) {
  rapidjson::StringBuffer buffer;
  JsonWriter json(buffer);
  json.StartObject();
  WriteMember(json, "total", total);
  WriteMember(json, "limit", std::uint64_t{0});
  WriteMember(json, "offset", std::uint64_t{0});
  WriteKey(json, "errors");
  if (errors.empty()) {
    json.Null();
  } else {
    json.StartArray();
    for (const EnvelopeError& error : errors) {
      json.StartObject();
      if (error.code != 0) {
        WriteMember(json, "code", static_cast<std::uint64_t>(error.code));
      }
      WriteMember(json, "msg", error.message);
      if (!error.trace_id.empty()) {
        WriteMember(json, "traceID", error.trace_id);
      }
      json.EndObject();
    }
    json.EndArray();
  }
  json.EndObject();
  std::string text = TakeJson(buffer);
  text.front() = ',';
  return text;
}

TextSource Envelope(TextSource data, std::uint64_t total,
                    const std::vector<EnvelopeError>& errors) {
  return Surround("{\"data\":", std::move(data), EnvelopeEnd(total, errors));
}

std::string V3Error(int status, const std::string& message) {
  rapidjson::StringBuffer buffer;
  JsonWriter json(buffer);
  json.StartObject();
  WriteKey(json, "error");
  json.StartObject();
  WriteMember(json, "httpCode", static_cast<std::uint64_t>(status));
  WriteMember(json, "message", message);
  json.EndObject();
  json.EndObject();
  return TakeJson(buffer);
}

net::HttpResponse ErrorResponse(Dialect dialect, const Error& error) {
  const int status = HttpStatusOf(error);
  std::string body =
      dialect == Dialect::kV3
          ? V3Error(status, error.message)
          : "{\"data\":null" + EnvelopeEnd(0, {{.code = status, .message = error.message}});
  // Text, although the body is JSON: as Jaeger does (jaeger.md section 29, trap 1).
  net::HttpResponse response = TextResponse(status, std::move(body));
  AddRetryAfter(error, &response);
  return response;
}

bool WantsIndent(const net::HttpRequest& request) {
  const std::string_view wish = request.Param("prettyPrint").value_or(std::string_view());
  return !wish.empty() && wish != "false";
}

TextSource Indented(TextSource source) {
  return [source = std::move(source), indenter = JsonIndenter(kIndent),
          part = std::string()](std::string* out) mutable -> Result<bool> {
    part.clear();
    ASSIGN_OR_RETURN(const bool has_more, source(&part));
    indenter.Add(part, out);
    return has_more;
  };
}

Result<net::HttpResponse> Respond(const Route& route, const net::HttpRequest& request, Reply reply,
                                  const QueryCall& call) {
  net::HttpResponse response;
  response.content_type = "application/json";
  TextSource body = std::move(reply.source);
  if (!body) {
    // What its making took counts until it is sent.
    body = [memory = call.hold().memory, text = std::move(reply.json)](std::string* out) mutable {
      out->append(std::exchange(text, {}));
      return Result<bool>(false);
    };
  }
  if (route.dialect == Dialect::kClassic) {
    if (const auto text = PartialText(call.left_out())) {
      reply.errors.push_back({.message = *text});
    }
    body = Envelope(std::move(body), reply.total, reply.errors);
    if (WantsIndent(request)) body = Indented(std::move(body));
  }
  call.AddWarning(&response);
  TRY(SetBody(std::move(body), &response));
  return response;
}

Result<std::optional<Explainer::Mode>> ExplainModeOf(const Route& route,
                                                     const net::HttpRequest& request) {
  const auto& known = route.endpoint.parameters;
  if (std::ranges::find(known, "explain") == known.end()) return std::nullopt;
  return Explainer::ModeOf(request);
}

net::HttpResponse NotAnEndpoint(const JaegerOptions& options, const net::HttpRequest& request,
                                std::string_view path) {
  if (path == "/api" || path.starts_with("/api/")) {
    return TextResponse(404, "404 page not found: the APIs served here begin with " +
                                 options.base_path + "/api/services, " + options.base_path +
                                 "/api/traces and " + options.base_path + "/api/v3/\n");
  }
  if (request.method != "GET" && request.method != "HEAD") {
    // Who sends spans here must not believe that they were taken.
    net::HttpResponse refusal = MethodNotAllowed("GET");
    refusal.body =
        "method not allowed, use GET: this port answers queries. OTLP is taken at the port of the "
        "receiver, unless it is set otherwise 4318 over HTTP and 4317 over gRPC\n";
    return refusal;
  }
  net::HttpResponse response;
  response.content_type = "text/html; charset=utf-8";
  const std::string& base = options.base_path;
  response.body =
      "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>clew</title></head>"
      "<body>\n<h1>clew</h1>\n<p>The web UI is not part of this version. What is served here is "
      "Jaeger's query API:</p>\n<ul>\n<li><a href=\"" +
      base + "/api/services\">" + base + "/api/services</a></li>\n<li><a href=\"" + base +
      "/api/v3/services\">" + base +
      "/api/v3/services</a></li>\n</ul>\n<p>Point Grafana's Jaeger data source or a Jaeger UI at "
      "this address, or use <code>clew search</code> and <code>clew trace</code>.</p>\n"
      "</body></html>\n";
  return response;
}

}  // namespace

JaegerApi::JaegerApi(query::QueryService& query, const Clock& clock, JaegerOptions options)
    : query_(query), clock_(clock), options_(std::move(options)) {}

std::vector<Endpoint> JaegerApi::Endpoints() {
  std::vector<Endpoint> endpoints;
  for (const Route& route : Routes()) {
    endpoints.push_back(route.endpoint);
  }
  return endpoints;
}

bool JaegerApi::IsImmediate(const net::HttpRequest& request) const {
  const auto path = StripPrefix(request.path, options_.base_path);
  if (!path) return true;
  const auto match = FindEndpoint(EndpointTable(), request.method, *path);
  return !match || !match->is_method_served;
}

Answer JaegerApi::Handle(const net::HttpRequest& request) const {
  const auto path = StripPrefix(request.path, options_.base_path);
  if (!path) {
    return {.response = TextResponse(404, "404 page not found: everything here lies below " +
                                              options_.base_path + "/\n")};
  }
  const auto match = FindEndpoint(EndpointTable(), request.method, *path);
  if (!match) {
    return {.response = NotAnEndpoint(options_, request, *path)};
  }
  const Route& route = Routes()[match->index];
  Answer answer;
  answer.route = route.endpoint.path;
  if (!match->is_method_served) {
    answer.response = MethodNotAllowed(route.endpoint.method);
    return answer;
  }
  const auto tenant = TenantOf(options_.tenancy, request);
  if (!tenant) {
    answer.response = TextResponse(HttpStatusOf(tenant.error()), tenant.error().message + "\n");
    return answer;
  }
  const QueryCall call(request, *tenant, options_.limits);
  const auto serve = [&]() -> Result<net::HttpResponse> {
    // It may have waited long for its turn.
    TRY(call.context().Check());
    const auto handle = [&](query::QueryService& query) {
      return route.handler(
          {request, match->captures, call.context(), call, clock_.Now(), options_, query});
    };
    ASSIGN_OR_RETURN(const auto explained, ExplainModeOf(route, request));
    if (explained) {
      Explainer explainer(query_, *explained);
      const Result<Reply> unused = handle(explainer);
      // What is asked for but not found is explained, too.
      if (!explainer.has_answer() && !unused) return std::unexpected(unused.error());
      net::HttpResponse response = TextResponse(200, explainer.text());
      call.AddWarning(&response);
      return response;
    }
    ASSIGN_OR_RETURN(Reply reply, handle(query_));
    answer.trace_count = reply.trace_count;
    answer.span_count = reply.span_count;
    return Respond(route, request, std::move(reply), call);
  };
  Result<net::HttpResponse> response = OrNoMemory(serve);
  if (!response) {
    call.AddLeftOut(&response.error());
    response = ErrorResponse(route.dialect, response.error());
    call.AddWarning(&*response);
    // Errors are indented too, as clients ask.
    if (route.dialect == Dialect::kClassic && WantsIndent(request)) {
      response->body = IndentJson(response->body, kIndent);
    }
  }
  answer.response = *std::move(response);
  return answer;
}

}  // namespace clew::api::jaeger
