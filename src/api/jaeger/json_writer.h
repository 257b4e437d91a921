#pragma once

#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include <string>
#include <string_view>

namespace clew::api::jaeger {

using JsonWriter = rapidjson::Writer<rapidjson::StringBuffer>;

/// Text that is not UTF-8 gets U+FFFD for its bad bytes.
void WriteText(JsonWriter& json, std::string_view text);
void WriteKey(JsonWriter& json, std::string_view key);

/// A member with a text or a number.
void WriteMember(JsonWriter& json, std::string_view key, std::string_view text);
void WriteMember(JsonWriter& json, std::string_view key, std::uint64_t number);

std::string TakeJson(const rapidjson::StringBuffer& buffer);

}  // namespace clew::api::jaeger
