#include "model/value.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/base64.h"

namespace clew::model {
namespace {

void AppendJsonString(std::string_view text, std::string* out) {
  out->push_back('"');
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      out->push_back('\\');
      out->push_back(c);
    } else if (static_cast<unsigned char>(c) < 0x20) {
      fmt::format_to(std::back_inserter(*out), "\\u{:04x}", static_cast<int>(c));
    } else {
      out->push_back(c);
    }
  }
  out->push_back('"');
}

std::string DoubleToText(double number) {
  if (std::isnan(number)) return "NaN";
  if (std::isinf(number)) return number > 0 ? "Infinity" : "-Infinity";
  // Go writes whole doubles without a fraction: 3, not 3.0.
  if (number == std::floor(number) && std::fabs(number) < 1e21)
    return fmt::format("{:.0f}", number);
  return fmt::format("{}", number);
}

void AppendJson(const Value& value, std::string* out);

void AppendJsonList(const Value::Array& values, std::string* out) {
  out->push_back('[');
  for (const Value& value : values) {
    if (&value != &values.front()) out->push_back(',');
    AppendJson(value, out);
  }
  out->push_back(']');
}

void AppendJsonObject(const Value::KvList& fields, std::string* out) {
  // By key, as maps are written where this form comes from.
  std::vector<const KeyValue*> sorted;
  sorted.reserve(fields.size());
  for (const KeyValue& field : fields) sorted.push_back(&field);
  std::ranges::stable_sort(sorted, {}, [](const KeyValue* field) -> auto& { return field->key; });
  out->push_back('{');
  for (const KeyValue* field : sorted) {
    if (field != sorted.front()) out->push_back(',');
    AppendJsonString(field->key, out);
    out->push_back(':');
    AppendJson(field->value, out);
  }
  out->push_back('}');
}

// Depth is bounded by the decoder's nesting limit.
void AppendJson(const Value& value, std::string* out) {
  switch (value.type()) {
    case ValueType::kEmpty:
      *out += "null";
      break;
    case ValueType::kString:
      AppendJsonString(std::get<std::string>(value.data), out);
      break;
    case ValueType::kBytes:
      AppendJsonString(base::Base64Encode(std::get<ByteString>(value.data).bytes), out);
      break;
    case ValueType::kArray:
      AppendJsonList(std::get<Value::Array>(value.data), out);
      break;
    case ValueType::kKvList:
      AppendJsonObject(std::get<Value::KvList>(value.data), out);
      break;
    case ValueType::kBool:
    case ValueType::kInt:
    case ValueType::kDouble:
      *out += ValueToText(value);
      break;
  }
}

}  // namespace

const Value* FindAttribute(const Attributes& attributes, std::string_view key) {
  for (const KeyValue& attribute : attributes) {
    if (attribute.key == key) return &attribute.value;
  }
  return nullptr;
}

std::string_view FindString(const Attributes& attributes, std::string_view key) {
  const Value* value = FindAttribute(attributes, key);
  if (value == nullptr || value->type() != ValueType::kString) return {};
  return std::get<std::string>(value->data);
}

std::string ValueToText(const Value& value) {
  switch (value.type()) {
    case ValueType::kEmpty:
      return {};
    case ValueType::kString:
      return std::get<std::string>(value.data);
    case ValueType::kBool:
      return std::get<bool>(value.data) ? "true" : "false";
    case ValueType::kInt:
      return std::to_string(std::get<std::int64_t>(value.data));
    case ValueType::kDouble:
      return DoubleToText(std::get<double>(value.data));
    case ValueType::kBytes:
      return base::Base64Encode(std::get<ByteString>(value.data).bytes);
    case ValueType::kArray:
    case ValueType::kKvList: {
      std::string text;
      AppendJson(value, &text);
      return text;
    }
  }
  return {};
}

}  // namespace clew::model
