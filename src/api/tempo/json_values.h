#pragma once

#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include <string>
#include <string_view>

#include "model/value.h"

/// Values as the JSON of protobuf has them.
namespace clew::api::tempo {

using Json = rapidjson::Writer<rapidjson::StringBuffer>;

/// What is not UTF-8 is replaced.
void Text(Json& json, std::string_view text);
/// What 64-bit numbers are.
template <typename Number>
void NumberText(Json& json, Number number) {
  Text(json, std::to_string(number));
}
/// What JSON has no number for is a text: `NaN`, `Infinity`.
void Double(Json& json, double number);
/// An AnyValue of OTLP: `{"intValue":"5"}`.
void WriteValue(Json& json, const model::Value& value);
/// A KeyValue.
void WriteKeyValue(Json& json, std::string_view key, const model::Value& value);

}  // namespace clew::api::tempo
