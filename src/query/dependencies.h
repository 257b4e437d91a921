#pragma once

#include <vector>

#include "query/query_service.h"
#include "query/scan.h"

namespace clew::query {

/// See QueryService::Dependencies. RESOURCE_EXHAUSTED when too many spans have their parent in
/// another source to be matched in memory.
Result<std::vector<DependencyLink>> FindDependencies(const Scan& scan, UnixNanos start_min,
                                                     UnixNanos start_max);

}  // namespace clew::query
