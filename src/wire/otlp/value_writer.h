#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "model/value.h"

namespace clew::wire::otlp {

/// Appends the content of the AnyValue message for `value`.
void WriteAnyValue(const model::Value& value, std::string* out);
/// Appends the content of the ArrayValue or KeyValueList message for an array or list; nothing for
/// other kinds.
void WriteListContent(const model::Value& value, std::string* out);
/// Appends one field `tag` holding a KeyValue message.
void WriteKeyValue(std::uint32_t tag, std::string_view key, const model::Value& value,
                   std::string* out);
/// The same for a value in its column form (model::AttributeColumn): `text` for strings, bytes,
/// arrays and lists, `number` for the rest.
void WriteKeyValue(std::uint32_t tag, std::string_view key, model::ValueType type,
                   std::string_view text, std::int64_t number, std::string* out);

}  // namespace clew::wire::otlp
