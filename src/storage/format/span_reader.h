#pragma once

#include "model/span_columns.h"
#include "storage/format/column_reader.h"
#include "storage/format/trace_table.h"

namespace clew::storage {

/// The spans of the traces `wanted`, rows of `traces` that ascend, at least one; only the resources
/// and scopes that they use, unless all are wanted. Columns beyond `extent` are filled with empty
/// values. What is damaged is left out (scan::SpanSource::PastDamage) and told in `damage`. `check`
/// may be empty.
Result<model::SpanColumnsPtr> ReadSpans(const ColumnReader& reader, const TraceTable& traces,
                                        std::span<const std::size_t> wanted,
                                        scan::ReadExtent extent, const scan::StopCheck& check,
                                        Damage* damage);

}  // namespace clew::storage
