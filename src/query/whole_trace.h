#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "model/span_columns.h"
#include "query/plan.h"
#include "query/scan.h"

namespace clew::query {

/// What one answer may take.
struct AnswerBudget {
  /// Of traces as columns (model::MemoryOf).
  std::uint64_t bytes_max = 0;
  std::uint64_t bytes = 0;  // taken so far
  /// Taken so far from the memory of the context, for the same.
  std::uint64_t memory_bytes = 0;
  /// What does not fit is left out, the largest trace first, and noted in the context; else the
  /// answer is the error.
  bool leaves_out = false;
  /// Why something was left out: of the first.
  std::optional<Error> left_out{};
  std::vector<TraceId> left_out_ids{};
};

/// Where traces are gone when they are taken (Sink::keeps_rows), so many are read and held at a
/// time: many, since they share what is read.
inline constexpr std::size_t kPassingTracesAtOnce = 250;

/// Joins the fragments of each trace from all sources; see query::JoinFragments. In the order of
/// `ids`, which do not repeat; a trace that is nowhere is left out. Each has memory of its own:
/// what was read for it can go. RESOURCE_EXHAUSTED when `budget` does not suffice, unless it says
/// to leave out.
Result<std::vector<model::SpanColumnsPtr>> ReadWholeTraces(const Scan& scan,
                                                           std::span<const TraceId> ids,
                                                           AnswerBudget* budget);
/// The same, without the traces that a scan of `wanted` found by the unfinished form of a span only
/// of which the finished one is there: nothing that is shown would say why.
Result<std::vector<model::SpanColumnsPtr>> ReadFoundTraces(const Scan& scan,
                                                           std::span<const TraceId> ids,
                                                           const ScanSpans& wanted,
                                                           AnswerBudget* budget);

/// The same of what ReadExtent::kTree reads; spans come in no order, and as often as they are
/// stored.
Result<std::vector<model::SpanColumnsPtr>> ReadWholeTrees(const Scan& scan,
                                                          std::span<const TraceId> ids,
                                                          AnswerBudget* budget);

/// For each of `ids`, which ascend, the earliest start of its spans over all sources.
Result<std::vector<std::optional<UnixNanos>>> WholeTraceStarts(const Scan& scan,
                                                               std::span<const TraceId> ids);

}  // namespace clew::query
