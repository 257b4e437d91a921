#include "api/jaeger/jaeger_api.h"

#include <algorithm>
#include <utility>

#include "api/explainer.h"
#include "api/jaeger/answer_forms.h"
#include "api/jaeger/routes.h"
#include "api/jaeger/start_page.h"
#include "api/responses.h"

namespace clew::api::jaeger {
namespace {

Result<std::optional<Explainer::Mode>> ExplainModeOf(const Route& route,
                                                     const net::HttpRequest& request) {
  const auto& known = route.endpoint.parameters;
  if (std::ranges::find(known, "explain") == known.end()) return std::nullopt;
  return Explainer::ModeOf(request);
}

}  // namespace

JaegerApi::JaegerApi(query::QueryService& query, const Clock& clock, JaegerOptions options)
    : query_(query),
      clock_(clock),
      options_(std::move(options)),
      start_page_(StartPage(options_.base_path)) {}

std::vector<Endpoint> JaegerApi::Endpoints() { return RouteEndpoints(); }

bool JaegerApi::IsImmediate(const net::HttpRequest& request) const {
  const auto path = StripPrefix(request.path, options_.base_path);
  if (!path) return true;
  const auto match = FindEndpoint(RouteEndpoints(), request.method, *path);
  return !match || !match->is_method_served;
}

Answer JaegerApi::Handle(const net::HttpRequest& request) const {
  const auto path = StripPrefix(request.path, options_.base_path);
  if (!path) {
    return {.response = TextResponse(404, "404 page not found: everything here lies below " +
                                              options_.base_path + "/\n")};
  }
  const auto match = FindEndpoint(RouteEndpoints(), request.method, *path);
  if (!match) {
    return {.response = NotAnEndpoint(options_.base_path, request, *path, start_page_)};
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
  const QueryCall call(request, {*tenant}, options_.limits);
  const auto serve = [&]() -> Result<net::HttpResponse> {
    // It may have waited long for its turn.
    TRY(call.context().Check());
    const auto handle = [&](query::QueryService& query) {
      return route.handler(
          {request, match->captures, call.context(), call, clock_.Now(), options_, query});
    };
    ASSIGN_OR_RETURN(const auto explained, ExplainModeOf(route, request));
    if (explained) return Explained(query_, *explained, call, handle);
    ASSIGN_OR_RETURN(Reply reply, handle(query_));
    answer.trace_count = reply.trace_count;
    answer.span_count = reply.span_count;
    return Respond(route.dialect, request, std::move(reply), call);
  };
  Result<net::HttpResponse> response = OrNoMemory(serve);
  if (!response) {
    call.AddLeftOut(&response.error());
    response = ErrorResponse(route.dialect, request, response.error());
    call.AddWarning(&*response);
  }
  answer.response = *std::move(response);
  return answer;
}

}  // namespace clew::api::jaeger
