#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "base/vocabulary.h"
#include "scan/int_range.h"
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
