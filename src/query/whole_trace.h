#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "model/trace_data.h"
#include "storage/span_source.h"
#include "storage/storage.h"

namespace clew::query {

/// What one answer may take.
struct AnswerBudget {
  std::uint64_t bytes_max = 0;  // of spans as objects (model::MemoryOf)
  std::uint64_t bytes = 0;      // taken so far
};

/// Joins the fragments of each trace from all sources; see QueryService::FindTrace. In the order of
/// `ids`, which do not repeat; a trace that is nowhere is left out. RESOURCE_EXHAUSTED when
/// `budget` does not suffice.
Result<std::vector<model::TraceData>> ReadWholeTraces(
    storage::Storage& storage, const std::vector<storage::SpanSourcePtr>& sources,
    std::span<const TraceId> ids, Deadline deadline, AnswerBudget* budget);

/// For each of `ids`, which ascend, the earliest start of its spans over all sources.
Result<std::vector<std::optional<UnixNanos>>> WholeTraceStarts(
    storage::Storage& storage, const std::vector<storage::SpanSourcePtr>& sources,
    std::span<const TraceId> ids, Deadline deadline);

}  // namespace clew::query
