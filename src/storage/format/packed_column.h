#pragma once

#include <cstdint>
#include <optional>

#include "base/vocabulary.h"
#include "storage/format/column_reader.h"
#include "storage/format/loaded_column.h"

namespace clew::storage {

/// A column of numbers, or of texts by their codes, to scan as it is stored: it keeps its pages,
/// and no copy of what is in them. `row_count` is that of its table. Nothing where something of it
/// is damaged, or it is stored otherwise: that is read value by value (LoadedColumn), which tells
/// what is lost.
Result<std::optional<ScannedColumn>> LoadPacked(const ColumnReader& reader,
                                                const ColumnEntry& column, std::uint32_t row_count);

}  // namespace clew::storage
