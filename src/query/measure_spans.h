#pragma once

#include <cstdint>

#include "query/known_repeats.h"
#include "query/plan.h"
#include "query/query_service.h"
#include "query/scan.h"

namespace clew::query {

/// See query::MeasureSpans, which is the first operator of `plan`. Where an operand has a ScanPlan
/// its spans are added from columns, source by source, but for traces of which spans are there more
/// than once; those, and all traces that may matter to other operands, are read whole, some at a
/// time, which may take `bytes_max` together. A trace that takes more is left out and noted. The
/// scan has its sources as they are stored.
Status RunMeasureSpans(const Scan& scan, const MeasureSpans& measure, const Plan& plan,
                       std::uint64_t bytes_max, KnownRepeats& known, Sink& sink);

}  // namespace clew::query
