#pragma once

#include <string>
#include <string_view>

#include "api/jaeger/json_writer.h"
#include "model/attribute_index.h"

/// Tags as the classic API writes them: key, type and value (jaeger.md section 7).
namespace clew::api::jaeger {

/// The value as text.
std::string TagText(const model::AttributeIndex::Entry& entry);

/// Numbers that JSON lacks (NaN, infinities), and integers that JavaScript cannot hold, are text.
void WriteTag(JsonWriter& json, const model::AttributeIndex::Entry& entry);
void WriteTextTag(JsonWriter& json, std::string_view key, std::string_view text);
/// One that is true.
void WriteTrueTag(JsonWriter& json, std::string_view key);

}  // namespace clew::api::jaeger
