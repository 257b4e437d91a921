#pragma once

#include "api/query_call.h"
#include "api/tempo/answer_form.h"
#include "api/tempo/metrics_params.h"
#include "net/http_server.h"
#include "query/query_service.h"

namespace clew::api::tempo {

/// `/api/metrics/query_range` and `/api/metrics/query`: the series of a TraceQL query of metrics
/// (tempo-api.md section 7).
Result<Written> ServeMetrics(query::QueryService& query, const QueryCall& call,
                             const net::HttpRequest& request, MetricsForm form);

}  // namespace clew::api::tempo
