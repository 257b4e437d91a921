#pragma once

#include <cstdint>
#include <optional>

#include "base/vocabulary.h"
#include "model/span_columns.h"
#include "net/http_server.h"
#include "query/query_context.h"
#include "traceql/evaluate/program.h"

namespace clew::api::tempo {

/// Which spans of a trace are asked for (tempo-api.md section 3.2).
struct TraceFilter {
  static constexpr std::uint32_t kAllLevels = 0xffffffff;

  /// Those that it keeps match.
  traceql::evaluate::Program program;
  /// So many levels stay below those that match, and above them.
  std::uint32_t levels_below = 0;
  std::uint32_t levels_above = 0;
};

/// What `q` says, and `keep_hierarchy`, `match_depth` and `ancestor_depth`; nothing without a `q`.
Result<std::optional<TraceFilter>> ParseTraceFilter(const net::HttpRequest& request);

/// The part of a whole trace that the filter asks for; null when that is nothing, and `trace`
/// itself when it is all. The memory that the context counts for the answer, MemoryOf the trace, is
/// that of the part then. Errors are those of Evaluation and of the context.
Result<model::SpanColumnsPtr> FilterTrace(const TraceFilter& filter, model::SpanColumnsPtr trace,
                                          const query::QueryContext& context);

}  // namespace clew::api::tempo
