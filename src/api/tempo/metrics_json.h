#pragma once

#include <optional>
#include <string>

#include "api/tempo/metrics_params.h"
#include "query/query_stats.h"
#include "traceql/metrics/answer.h"

namespace clew::api::tempo {

/// The answer of a query of metrics (tempo-api.md sections 7.1 and 7.2), as JSON. `partial` says
/// what it lacks besides series.
std::string MetricsJson(const traceql::metrics::Answer& answer, MetricsForm form,
                        const query::QueryStats& stats, const std::optional<std::string>& partial);

}  // namespace clew::api::tempo
