#pragma once

#include <vector>

#include "base/vocabulary.h"
#include "model/row_counts.h"
#include "model/span_columns.h"
#include "wire/otlp/limits.h"

namespace clew::wire::otlp {

/// Scatters encoded ExportTraceServiceRequests (`pieces`, taken as if concatenated) into columns.
/// Text is views into the pieces, which the columns keep alive. Spans with invalid ids are left
/// out, as InspectRequest counts them. Unknown fields are ignored (otlp.md section 1).
/// INVALID_ARGUMENT names the byte offset within its piece. Text that is not UTF-8 is kept as is.
Result<model::SpanColumnsPtr> DecodeRequest(const std::vector<Bytes>& pieces,
                                            const DecodeLimits& limits, DecodeCounts& counts,
                                            const model::RowCounts& rows = {});

}  // namespace clew::wire::otlp
