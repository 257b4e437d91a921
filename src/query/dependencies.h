#pragma once

#include <vector>

#include "query/query_service.h"
#include "storage/storage.h"

namespace clew::query {

/// See QueryService::Dependencies. RESOURCE_EXHAUSTED when too many spans have their parent in
/// another source to be matched in memory.
Result<std::vector<DependencyLink>> FindDependencies(
    storage::Storage& storage, const std::vector<storage::SpanSourcePtr>& sources,
    UnixNanos start_min, UnixNanos start_max, Deadline deadline);

}  // namespace clew::query
