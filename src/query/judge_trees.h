#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "query/scan.h"
#include "traceql/evaluate/program.h"

namespace clew::query {

/// Whether a query asks of traces no more than what scan::ReadExtent::kTree reads of them.
bool AsksTreesAlone(const traceql::evaluate::Program& program);

/// Those of the traces `ids` of which their trees do not say that they do not match: to tell takes
/// several times less than to read whole traces. `program` AsksTreesAlone. What is larger than
/// `bytes_max` is left out, and noted. Errors of reading and of the context.
Result<std::vector<TraceId>> JudgeTrees(const Scan& scan, const traceql::evaluate::Program& program,
                                        std::span<const TraceId> ids, std::uint64_t bytes_max);

}  // namespace clew::query
