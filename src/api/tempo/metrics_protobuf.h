#pragma once

#include <optional>
#include <string>
#include <vector>

#include "api/tempo/metrics_params.h"
#include "query/query_stats.h"
#include "traceql/metrics/answer.h"

namespace clew::api::tempo {

/// What metrics_json.h has as JSON as Tempo's QueryRangeResponse or QueryInstantResponse
/// (tempo-api.md section 8): messages that are it together.
std::vector<std::string> MetricsMessages(const traceql::metrics::Answer& answer, MetricsForm form,
                                         const query::QueryStats& stats,
                                         const std::optional<std::string>& partial);

}  // namespace clew::api::tempo
