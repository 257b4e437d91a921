#pragma once

#include <cstddef>
#include <cstdint>

#include "query/query_service.h"
#include "query/scan.h"

namespace clew::query {

/// See query::CountCalls; `place` is that of the count in QueryStats, that of its input the next
/// one. `bytes_max` bounds the traces that are looked up whole, at a time (model::MemoryOf). What
/// there is no memory for is left out and noted; RESOURCE_EXHAUSTED when there are too many traces
/// to be told apart in memory.
Status RunCountCalls(const Scan& scan, const ReadTrees& wanted, std::size_t place,
                     std::uint64_t bytes_max, Sink& sink);

}  // namespace clew::query
