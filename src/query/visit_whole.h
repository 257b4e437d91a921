#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "query/scan.h"
#include "query/whole_trace.h"

namespace clew::query {

/// Reads these traces with ReadWholeTraces or ReadWholeTrees and gives them to `visit`, while their
/// memory, of which they may take `bytes_max` at a time, is counted: all together, and what is too
/// much for that in halves. Of a trace that is too large by itself `leave_out` is told.
Status VisitWhole(const Scan& scan, decltype(ReadWholeTraces)& read, std::span<const TraceId> ids,
                  std::uint64_t bytes_max,
                  const std::function<Status(std::vector<model::SpanColumnsPtr>)>& visit,
                  const std::function<void(const TraceId&, const Error&)>& leave_out);

}  // namespace clew::query
