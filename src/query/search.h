#pragma once

#include <cstddef>
#include <vector>

#include "query/bound_scan.h"
#include "query/plan.h"
#include "query/scan.h"

namespace clew::query {

/// The ids of the matching traces: newest start first (over the whole trace), then by id; at most
/// `limit`. Sources are visited newest first and no further than the answer needs; what is
/// kept on the way is bounded by the limit and the spans of one source (see Candidates). `place` is
/// that of query::NewestTraces in QueryStats, that of `spans` the next one. Traces that `bound`
/// rules out are not among them; null: none is.
Result<std::vector<TraceId>> FindTraceIds(const Scan& scan, const ScanSpans& spans,
                                          std::size_t limit, std::size_t place,
                                          BoundScan* bound = nullptr);

}  // namespace clew::query
