#pragma once

#include <cstdint>
#include <vector>

#include "scan/span_source.h"
#include "storage/format/merged_batches.h"
#include "storage/format/page_writer.h"

namespace clew::storage {

/// The table of traces. Gives of each trace what a filter holds of it (TraceKeyOf).
std::vector<std::uint64_t> WriteTraces(const MergedBatches& merged, PageWriter* writer);

/// Whose child each span is.
void WriteParents(const MergedBatches& merged, PageWriter* writer);

/// Start and duration of each span, which `stats` hears of, too. Gives the earliest and the latest
/// start of each zone of spans.
std::vector<ZoneRange> WriteTimes(const MergedBatches& merged, PageWriter* writer,
                                  scan::SourceStats* stats);

/// From `b` to `a`. Times may be anything: differences wrap, and unwrap when they are added again.
inline std::int64_t TimeDifference(std::int64_t a, std::int64_t b) {
  return static_cast<std::int64_t>(static_cast<std::uint64_t>(a) - static_cast<std::uint64_t>(b));
}

}  // namespace clew::storage
