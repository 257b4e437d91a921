#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "model/span_columns.h"
#include "model/trace_data.h"

namespace clew::wire::otlp {

/// Columns to objects, in row order; here because array and list values are kept encoded as OTLP.
/// Attributes come sorted by key; equal keys in their order per type.
model::TraceData MaterializeSpans(const model::SpanColumns& columns);
/// A value in its column form (model::AttributeColumn) as an object.
model::Value ValueOf(model::ValueType type, std::string_view text, std::int64_t number);
/// One array (kArray) or list (kKvList) value; malformed bytes give an empty value.
model::Value DecodeNestedValue(model::ValueType type, std::string_view encoded);
/// The reverse: the content of an ArrayValue or KeyValueList message.
std::string EncodeNestedValue(const model::Value& value);

}  // namespace clew::wire::otlp
