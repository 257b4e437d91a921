#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "base/vocabulary.h"
#include "scan/int_range.h"
#include "storage/format/column_reader.h"
#include "storage/format/loaded_column.h"

namespace clew::storage {

/// A column of numbers, or of texts by their codes, to scan as it is stored: it keeps its pages,
/// and no copy of what is in them. `row_count` is that of its table. Nothing where something of it
/// is damaged, or it is stored otherwise: that is read value by value (LoadedColumn), which tells
/// what is lost.
Result<std::optional<ScannedColumn>> LoadPacked(const ColumnReader& reader,
                                                const ColumnEntry& column, std::uint32_t row_count);

/// A column of numbers without the zones that have none in `range`: their pages are not read.
/// Nothing where all may have some, where that is not known, and as above.
Result<std::optional<ScannedColumn>> LoadPackedWithin(const ColumnReader& reader,
                                                      const ColumnEntry& column,
                                                      std::uint32_t row_count,
                                                      scan::IntRange range);

/// The zones of numbers, ascending, that may have some of `range`; nothing when these are all, or
/// it is not known.
std::optional<std::vector<std::uint32_t>> ZonesWithin(std::span<const ZoneRange> zones,
                                                      scan::IntRange range);

}  // namespace clew::storage
