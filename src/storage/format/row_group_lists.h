#pragma once

#include <vector>

#include "scan/span_source.h"
#include "storage/format/column_reader.h"
#include "storage/format/trace_table.h"

namespace clew::storage {

/// What a row group says of itself without its spans being read: its attributes, operations and
/// traces. What is damaged is left out and told in `damage`.
Result<std::vector<scan::AttributeCount>> ListAttributes(const ColumnReader& reader,
                                                         Damage* damage);
Result<std::vector<scan::OperationCount>> ListOperations(const ColumnReader& reader,
                                                         Damage* damage);
std::vector<scan::TraceSize> ListTraces(const TraceTable& table);

}  // namespace clew::storage
