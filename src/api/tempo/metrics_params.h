#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "base/vocabulary.h"
#include "net/http_server.h"
#include "traceql/metrics/time_range.h"

namespace clew::api::tempo {

/// The two forms of a query of metrics: a point for each step, or one for all of the time.
enum class MetricsForm { kRange, kInstant };

/// What `/api/metrics/query_range` and `/api/metrics/query` ask for (tempo-api.md section 7).
struct MetricsParams {
  /// TraceQL.
  std::string query{};
  /// Cut into the steps that are answered.
  traceql::metrics::TimeRange range{};
  /// 0: the request does not say.
  std::uint32_t exemplars = 0;
  /// 0: any number.
  std::size_t series_max = 0;
};

/// INVALID_ARGUMENT in Tempo's words. `now` is what there is without `end`, and what `since` goes
/// back from.
Result<MetricsParams> ParseMetricsParams(const net::HttpRequest& request, MetricsForm form,
                                         UnixNanos now);

}  // namespace clew::api::tempo
