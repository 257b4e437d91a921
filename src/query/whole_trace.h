#pragma once

#include <optional>
#include <vector>

#include "model/trace_data.h"
#include "storage/span_source.h"
#include "storage/storage.h"

namespace clew::query {

/// Joins the fragments of a trace from all sources; see QueryService::FindTrace. NOT_FOUND when
/// there are none.
Result<model::TraceData> ReadWholeTrace(storage::Storage& storage,
                                        const std::vector<storage::SpanSourcePtr>& sources,
                                        const TraceId& id, Deadline deadline);

/// The earliest start of the trace's spans over all sources.
Result<std::optional<UnixNanos>> WholeTraceStart(storage::Storage& storage,
                                                 const std::vector<storage::SpanSourcePtr>& sources,
                                                 const TraceId& id);

}  // namespace clew::query
