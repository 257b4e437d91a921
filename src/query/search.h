#pragma once

#include "query/query_service.h"
#include "query/scan.h"

namespace clew::query {

/// The ids of the matching traces: newest start first (over the whole trace), then by id; at most
/// request.limit. Sources are visited newest first and no further than the answer needs; what is
/// kept on the way is bounded by the limit and the spans of one source (see Candidates).
Result<std::vector<TraceId>> FindTraceIds(const Scan& scan, const SearchRequest& request,
                                          QueryStats* stats);

}  // namespace clew::query
