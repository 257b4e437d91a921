#pragma once

#include <cstddef>
#include <cstdint>

#include "query/query_service.h"
#include "query/scan.h"

namespace clew::query {

/// See query::NamedTraces. `place` is that of the join in QueryStats, that of its input the next
/// one. Traces that take more than `bytes_max` at a time are left out or RESOURCE_EXHAUSTED, as
/// `join` says; all of them, and none would be shown: the error.
Status RunNamedTraces(const Scan& scan, const JoinFragments& join, const NamedTraces& named,
                      std::size_t place, std::uint64_t bytes_max, Sink& sink);

}  // namespace clew::query
