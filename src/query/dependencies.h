#pragma once

#include <cstdint>
#include <vector>

#include "query/query_service.h"
#include "query/scan.h"

namespace clew::query {

/// See query::CountCalls. `bytes_max` bounds the traces that are looked up whole, at a
/// time (model::MemoryOf). RESOURCE_EXHAUSTED when it does not suffice, or when there are too many
/// traces to be told apart in memory.
Result<std::vector<DependencyLink>> FindDependencies(const Scan& scan, const ReadTrees& wanted,
                                                     std::uint64_t bytes_max);

}  // namespace clew::query
