#include "api/jaeger/json_writer.h"

#include "wire/otlp/json_text.h"

namespace clew::api::jaeger {

void WriteText(JsonWriter& json, std::string_view text) {
  if (wire::otlp::Utf8ValidSize(text) == text.size()) {
    json.String(text.data(), static_cast<rapidjson::SizeType>(text.size()));
    return;
  }
  const std::string valid = wire::otlp::RepairUtf8(text);
  json.String(valid.data(), static_cast<rapidjson::SizeType>(valid.size()));
}

void WriteKey(JsonWriter& json, std::string_view key) { WriteText(json, key); }

void WriteMember(JsonWriter& json, std::string_view key, std::string_view text) {
  WriteKey(json, key);
  WriteText(json, text);
}

void WriteMember(JsonWriter& json, std::string_view key, std::uint64_t number) {
  WriteKey(json, key);
  json.Uint64(number);
}

std::string TakeJson(const rapidjson::StringBuffer& buffer) {
  return {buffer.GetString(), buffer.GetSize()};
}

}  // namespace clew::api::jaeger
