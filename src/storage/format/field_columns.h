#pragma once

#include "expr/field.h"
#include "scan/span_source.h"
#include "storage/format/column_reader.h"
#include "storage/format/loaded_column.h"

namespace clew::storage {

/// The column in which a field is stored as it is asked for; null when it is made of several.
const ColumnEntry* StoredEntry(const ColumnReader& reader, expr::Field field);

/// All values of a field but kService, however it is stored, with what is damaged left out and told
/// in it. `check` may be empty.
Result<LoadedColumn> LoadField(const ColumnReader& reader, expr::Field field,
                               const scan::StopCheck& check);

}  // namespace clew::storage
