#pragma once

#include "scan/trace_trees.h"
#include "storage/format/column_reader.h"
#include "storage/format/trace_table.h"

namespace clew::storage {

/// Of all of a row group, in the order of its rows: the columns of structure alone, page by page,
/// as no value of a span is looked up by its row. Null when something of it is damaged or makes no
/// sense, of which nothing is told: reading the spans (ReadSpans) tells it and goes past it.
Result<scan::TraceTreesPtr> ReadTrees(const ColumnReader& reader, const TraceTable& traces,
                                      scan::TreeParts parts);

}  // namespace clew::storage
