#include "api/jaeger/routes.h"

#include <string_view>

namespace clew::api::jaeger {

const std::vector<Route>& Routes() {
  static const std::vector<std::string_view> v3_search = {
      "query.serviceName", "query.operationName", "query.startTimeMin",   "query.startTimeMax",
      "query.searchDepth", "query.durationMin",   "query.durationMax",    "query.rawTraces",
      "query.attributes",  "query.filter",        "semantic_conventions", "explain"};
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
         "tags", "semantic_conventions", "traceID", "raw", "prettyPrint"}},
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

const std::vector<Endpoint>& RouteEndpoints() {
  static const std::vector<Endpoint> endpoints = [] {
    std::vector<Endpoint> of_routes;
    for (const Route& route : Routes()) of_routes.push_back(route.endpoint);
    return of_routes;
  }();
  return endpoints;
}

}  // namespace clew::api::jaeger
