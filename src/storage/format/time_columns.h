#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "base/vocabulary.h"
#include "scan/int_range.h"
#include "scan/span_source.h"
#include "scan/start_intervals.h"
#include "storage/format/column_reader.h"
#include "storage/format/loaded_column.h"

namespace clew::storage {

/// A start for each span.
struct SpanTimes {
  std::vector<UnixNanos> times;
  /// Of which it is a guess, ascending.
  std::vector<std::uint32_t> lost;
  Damage damage;
};
Result<SpanTimes> LoadStarts(const ColumnReader& reader);

/// Where the spans start, coarsely (scan::SpanSource::Starts), and what was damaged.
struct KnownStarts {
  scan::StartIntervals intervals;
  Damage damage;
};
/// Cached in the reader's cache when nothing is lost. `check` may be empty.
Result<std::shared_ptr<const KnownStarts>> ReadStartIntervals(const ColumnReader& reader,
                                                              const scan::StopCheck& check);

/// Those of the zones of spans with one in `range`, by what the directory says of them; nothing
/// where that leaves out none, and where something is damaged.
Result<std::optional<LoadedColumn>> LoadStartsWithin(const ColumnReader& reader,
                                                     scan::IntRange range);

/// Whether durations can be asked for as they are stored: else there are some of spans that end
/// before they start, or beyond what times can say.
bool AreDurationsStored(const ColumnReader& reader);
Result<LoadedColumn> LoadEnds(const ColumnReader& reader, bool as_durations);
Result<LoadedColumn> LoadEventTimes(const ColumnReader& reader);

}  // namespace clew::storage
