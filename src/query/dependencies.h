#pragma once

#include <cstdint>
#include <vector>

#include "query/query_service.h"
#include "query/scan.h"

namespace clew::query {

/// See query::CountCalls. `bytes_max` bounds the traces that are looked up whole, at a time
/// (model::MemoryOf). What there is no memory for is left out and noted; RESOURCE_EXHAUSTED when
/// there are too many traces to be told apart in memory.
Result<std::vector<DependencyLink>> FindDependencies(const Scan& scan, const ReadTrees& wanted,
                                                     std::uint64_t bytes_max);

}  // namespace clew::query
