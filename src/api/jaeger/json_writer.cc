#include "api/jaeger/json_writer.h"

#include <rapidjson/prettywriter.h>
#include <rapidjson/reader.h>

#include "api/utf8.h"

namespace clew::api::jaeger {

void WriteText(JsonWriter& json, std::string_view text) {
  if (IsValidUtf8(text)) {
    json.String(text.data(), static_cast<rapidjson::SizeType>(text.size()));
    return;
  }
  const std::string valid = ReplaceInvalidUtf8(text);
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

std::string PrettyPrint(const std::string& json) {
  rapidjson::Reader reader;
  rapidjson::StringStream stream(json.c_str());
  rapidjson::StringBuffer buffer;
  rapidjson::PrettyWriter<rapidjson::StringBuffer> pretty(buffer);
  pretty.SetIndent(' ', 4);
  // Numbers stay as they are written.
  reader.Parse<rapidjson::kParseIterativeFlag | rapidjson::kParseNumbersAsStringsFlag>(stream,
                                                                                       pretty);
  return TakeJson(buffer);
}

}  // namespace clew::api::jaeger
