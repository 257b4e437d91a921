#include "api/jaeger/tag_json.h"

#include <bit>
#include <cmath>

#include "wire/otlp/materialize.h"

namespace clew::api::jaeger {
namespace {

using model::AttributeIndex;
using model::ValueType;

// Beyond it a number of JavaScript loses digits.
constexpr std::int64_t kSafeInteger = (std::int64_t{1} << 53) - 1;

void WriteInteger(JsonWriter& json, std::int64_t number) {
  if (number > kSafeInteger || number < -kSafeInteger) {
    WriteText(json, std::to_string(number));
  } else {
    json.Int64(number);
  }
}

void WriteBool(JsonWriter& json, bool truth) {
  WriteMember(json, "type", "bool");
  WriteKey(json, "value");
  json.Bool(truth);
}

}  // namespace

std::string TagText(const AttributeIndex::Entry& entry) {
  return model::ValueToText(wire::otlp::ValueOf(entry.type(), entry.text(), entry.number()));
}

void WriteTag(JsonWriter& json, const AttributeIndex::Entry& entry) {
  json.StartObject();
  WriteMember(json, "key", entry.key());
  switch (entry.type()) {
    case ValueType::kBool:
      WriteBool(json, entry.number() != 0);
      break;
    case ValueType::kInt:
      WriteMember(json, "type", "int64");
      WriteKey(json, "value");
      WriteInteger(json, entry.number());
      break;
    case ValueType::kDouble:
      WriteMember(json, "type", "float64");
      WriteKey(json, "value");
      if (const auto real = std::bit_cast<double>(entry.number()); std::isfinite(real)) {
        json.Double(real);
      } else {
        WriteText(json, TagText(entry));
      }
      break;
    case ValueType::kString:
      WriteMember(json, "type", "string");
      WriteMember(json, "value", entry.text());
      break;
    case ValueType::kBytes:
      WriteMember(json, "type", "binary");
      WriteMember(json, "value", TagText(entry));
      break;
    case ValueType::kEmpty:
    case ValueType::kArray:
    case ValueType::kKvList:
      WriteMember(json, "type", "string");
      WriteMember(json, "value", TagText(entry));
      break;
  }
  json.EndObject();
}

void WriteTextTag(JsonWriter& json, std::string_view key, std::string_view text) {
  json.StartObject();
  WriteMember(json, "key", key);
  WriteMember(json, "type", "string");
  WriteMember(json, "value", text);
  json.EndObject();
}

void WriteTrueTag(JsonWriter& json, std::string_view key) {
  json.StartObject();
  WriteMember(json, "key", key);
  WriteBool(json, true);
  json.EndObject();
}

}  // namespace clew::api::jaeger
