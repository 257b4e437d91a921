#pragma once

#include <cstdint>

#include "base/vocabulary.h"
#include "storage/format/column_reader.h"
#include "storage/format/loaded_column.h"

namespace clew::storage {

/// A column of a table of `row_count` as it is stored, with what of it is damaged left out and told
/// in it.
Result<LoadedColumn> LoadStored(const ColumnReader& reader, const ColumnEntry& column,
                                std::uint32_t row_count);

/// Which rows have a value, without the values.
Result<LoadedColumn> LoadRows(const ColumnReader& reader, const ColumnEntry& column,
                              std::uint32_t row_count);

/// Which rows belong together (scan::SpanSource::Ties), each below the rows that it names.
Result<LoadedColumn> LoadTies(const ColumnReader& reader, model::Owner owner);

}  // namespace clew::storage
