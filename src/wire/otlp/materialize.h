#pragma once

#include <cstdint>
#include <functional>

#include "base/vocabulary.h"
#include "model/span_columns.h"
#include "model/trace_data.h"

namespace clew::wire::otlp {

/// Columns to objects, in row order; here because array and list values are kept encoded as OTLP.
/// Attributes come sorted by key; equal keys in their order per type.
model::TraceData MaterializeSpans(const model::SpanColumns& columns);
/// The same, which ends with the error of `check`: it is asked every thousand rows.
Result<model::TraceData> MaterializeSpans(const model::SpanColumns& columns,
                                          const std::function<Status()>& check);

/// About how much memory MaterializeSpans(columns) takes, without making anything.
std::uint64_t MaterializedBytes(const model::SpanColumns& columns);

/// One array (kArray) or list (kKvList) value; malformed bytes give an empty value.
model::Value DecodeNestedValue(model::ValueType type, std::string_view encoded);
/// The reverse: the content of an ArrayValue or KeyValueList message.
std::string EncodeNestedValue(const model::Value& value);

}  // namespace clew::wire::otlp
