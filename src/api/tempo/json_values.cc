#include "api/tempo/json_values.h"

#include <cmath>

#include "wire/otlp/json_text.h"

namespace clew::api::tempo {

void Text(Json& json, std::string_view text) {
  const std::string valid = wire::otlp::RepairUtf8(std::string(text));
  json.String(valid.data(), static_cast<rapidjson::SizeType>(valid.size()));
}

void Double(Json& json, double number) {
  if (std::isnan(number)) return Text(json, "NaN");
  if (std::isinf(number)) return Text(json, number < 0 ? "-Infinity" : "Infinity");
  json.Double(number);
}

void WriteValue(Json& json, const model::Value& value) {
  json.StartObject();
  switch (value.type()) {
    case model::ValueType::kBool:
      json.Key("boolValue");
      json.Bool(std::get<bool>(value.data));
      break;
    case model::ValueType::kInt:
      json.Key("intValue");
      NumberText(json, std::get<std::int64_t>(value.data));
      break;
    case model::ValueType::kDouble:
      json.Key("doubleValue");
      Double(json, std::get<double>(value.data));
      break;
    case model::ValueType::kArray:
      json.Key("arrayValue");
      json.StartObject();
      json.Key("values");
      json.StartArray();
      for (const model::Value& item : std::get<model::Value::Array>(value.data)) {
        WriteValue(json, item);
      }
      json.EndArray();
      json.EndObject();
      break;
    default:
      json.Key("stringValue");
      Text(json, model::ValueToText(value));
  }
  json.EndObject();
}

void WriteKeyValue(Json& json, std::string_view key, const model::Value& value) {
  json.StartObject();
  json.Key("key");
  Text(json, key);
  json.Key("value");
  WriteValue(json, value);
  json.EndObject();
}

}  // namespace clew::api::tempo
