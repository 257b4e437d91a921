#pragma once

#include <cstddef>
#include <cstdint>

#include "query/query_service.h"
#include "query/scan.h"

namespace clew::query {

/// See query::MatchTraces; `spans` is its input, and `place` that of it in QueryStats. Traces are
/// read whole, some at a time, the newest first, and no further than the answer needs; each may
/// take `bytes_max`, and those that take more are left out and noted. Beyond the limit of the
/// answer no more than `more_looked_at_max` are, which is noted, too.
Status RunMatchTraces(const Scan& scan, const MatchTraces& match, const ScanSpans& spans,
                      std::size_t place, std::uint64_t bytes_max, std::size_t more_looked_at_max,
                      Sink& sink);

}  // namespace clew::query
