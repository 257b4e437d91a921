#pragma once

#include "log/log.h"
#include "model/batch.h"

namespace clew::log {

/// What the log keeps of a batch with these columns: the body as it came when there is one. But
/// what the decoder's limits cut is cut in the record, too, so that the spans are the same for
/// whoever reads it, before and after a replay. Tenant, pipeline and time are the caller's to fill
/// in.
Record RecordOf(const model::Batch& batch, const model::SpanColumns& columns);

/// The body of the record, unpacked. INVALID_ARGUMENT when it cannot be.
Result<Bytes> UnpackBody(const Record& record);

}  // namespace clew::log
