#include "wire/otlp/value_writer.h"

#include <protozero/pbf_builder.hpp>

#include <bit>

#include "wire/otlp/fields.h"

namespace clew::wire::otlp {
namespace {

using field::AnyValue;
using model::Value;
using model::ValueType;
using Writer = protozero::basic_pbf_builder<std::string, AnyValue>;
using KeyValueWriter = protozero::basic_pbf_builder<std::string, field::KeyValue>;
using ListWriter = protozero::basic_pbf_builder<std::string, field::List>;

}  // namespace

void WriteAnyValue(const Value& value, std::string* out) {
  Writer writer(*out);
  switch (value.type()) {
    case ValueType::kEmpty:
      break;
    case ValueType::kString:
      writer.add_string(AnyValue::kString, std::get<std::string>(value.data));
      break;
    case ValueType::kBool:
      writer.add_bool(AnyValue::kBool, std::get<bool>(value.data));
      break;
    case ValueType::kInt:
      writer.add_int64(AnyValue::kInt, std::get<std::int64_t>(value.data));
      break;
    case ValueType::kDouble:
      writer.add_double(AnyValue::kDouble, std::get<double>(value.data));
      break;
    case ValueType::kBytes:
      writer.add_bytes(AnyValue::kBytes, std::get<model::ByteString>(value.data).bytes);
      break;
    case ValueType::kArray:
    case ValueType::kKvList: {
      std::string content;
      WriteListContent(value, &content);
      writer.add_bytes(value.type() == ValueType::kArray ? AnyValue::kArray : AnyValue::kKvList,
                       content);
      break;
    }
  }
}

void WriteListContent(const Value& value, std::string* out) {
  constexpr auto kTag = static_cast<std::uint32_t>(field::List::kValues);
  if (const auto* array = std::get_if<Value::Array>(&value.data)) {
    for (const Value& element : *array) {
      std::string content;
      WriteAnyValue(element, &content);
      ListWriter(*out).add_bytes(field::List::kValues, content);
    }
  } else if (const auto* list = std::get_if<Value::KvList>(&value.data)) {
    for (const model::KeyValue& element : *list) {
      WriteKeyValue(kTag, element.key, element.value, out);
    }
  }
}

void WriteKeyValue(std::uint32_t tag, std::string_view key, const Value& value, std::string* out) {
  std::string content;
  WriteAnyValue(value, &content);
  protozero::pbf_writer parent(*out);
  KeyValueWriter writer(parent, tag);
  writer.add_string(field::KeyValue::kKey, key.data(), key.size());
  writer.add_bytes(field::KeyValue::kValue, content);
}

void WriteKeyValue(std::uint32_t tag, std::string_view key, ValueType type, std::string_view text,
                   std::int64_t number, std::string* out) {
  protozero::pbf_writer parent(*out);
  KeyValueWriter writer(parent, tag);
  writer.add_string(field::KeyValue::kKey, key.data(), key.size());
  Writer value(writer, field::KeyValue::kValue);
  switch (type) {
    case ValueType::kEmpty:
      break;
    case ValueType::kString:
      value.add_string(AnyValue::kString, text.data(), text.size());
      break;
    case ValueType::kBool:
      value.add_bool(AnyValue::kBool, number != 0);
      break;
    case ValueType::kInt:
      value.add_int64(AnyValue::kInt, number);
      break;
    case ValueType::kDouble:
      value.add_double(AnyValue::kDouble, std::bit_cast<double>(number));
      break;
    case ValueType::kBytes:
      value.add_bytes(AnyValue::kBytes, text.data(), text.size());
      break;
    case ValueType::kArray:
      value.add_bytes(AnyValue::kArray, text.data(), text.size());
      break;
    case ValueType::kKvList:
      value.add_bytes(AnyValue::kKvList, text.data(), text.size());
      break;
  }
}

}  // namespace clew::wire::otlp
