#pragma once

#include <vector>

#include "base/vocabulary.h"
#include "model/span_columns.h"
#include "wire/otlp/limits.h"

namespace clew::wire::otlp {

/// Scatters encoded ExportTraceServiceRequests (`pieces`, taken as if concatenated) into columns.
/// Text is views into the pieces, which the columns keep alive. Spans with invalid ids are left
/// out, as InspectRequest counts them. Unknown fields are ignored (otlp.md section 1).
/// INVALID_ARGUMENT names the byte offset within its piece. Text that is not UTF-8 is kept as is.
/// For `span_count` spans room is made at once; there may be more or fewer.
Result<model::SpanColumnsPtr> DecodeRequest(const std::vector<Bytes>& pieces,
                                            const DecodeLimits& limits, DecodeCounts& counts,
                                            std::size_t span_count = 0);

}  // namespace clew::wire::otlp
