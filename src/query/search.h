#pragma once

#include "query/query_service.h"
#include "storage/span_source.h"
#include "storage/storage.h"

namespace clew::query {

/// The ids of the matching traces: newest start first (over the whole trace), then by id; at most
/// request.limit. Sources are visited newest first and no further than the answer needs.
Result<std::vector<TraceId>> FindTraceIds(storage::Storage& storage,
                                          const std::vector<storage::SpanSourcePtr>& sources,
                                          const SearchRequest& request, Deadline deadline,
                                          QueryStats* stats);

}  // namespace clew::query
