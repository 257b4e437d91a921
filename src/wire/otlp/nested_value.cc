#include "wire/otlp/nested_value.h"

#include <protozero/exception.hpp>
#include <protozero/pbf_writer.hpp>

#include <algorithm>
#include <bit>

#include "wire/otlp/fields.h"
#include "wire/otlp/materialize.h"
#include "wire/otlp/value_writer.h"

namespace clew::wire::otlp {
namespace {

using model::Value;
using model::ValueType;

// Deeper values than any limit allows never get here but from hand-made files.
constexpr std::uint64_t kDepthCeiling = 256;

// Calls `visit(key, any_value)` for the elements of an array (without keys) or list.
template <typename Visit>
void ForEachElement(ValueType type, std::string_view encoded, Visit visit) {
  Reader reader = ReaderOf(encoded);
  while (reader.next()) {
    if (!IsBytes(reader) || TagOf<field::List>(reader) != field::List::kValues) {
      reader.skip();
      continue;
    }
    const std::string_view element = ReadView(reader);
    if (type == ValueType::kArray) {
      visit(std::string_view(), element);
      continue;
    }
    std::string_view key;
    std::string_view any_value;
    Reader fields = ReaderOf(element);
    while (fields.next()) {
      const auto tag = TagOf<field::KeyValue>(fields);
      if (IsBytes(fields) && tag == field::KeyValue::kKey) {
        key = ReadView(fields);
      } else if (IsBytes(fields) && tag == field::KeyValue::kValue) {
        any_value = ReadView(fields);
      } else {
        fields.skip();
      }
    }
    visit(key, any_value);
  }
}

Value ReadNested(ValueType type, std::string_view encoded, std::uint64_t depth_left);

Value ReadAnyValue(std::string_view any_value, std::uint64_t depth_left) {
  Value value;
  Reader reader = ReaderOf(any_value);
  while (reader.next()) {
    const auto tag = TagOf<field::AnyValue>(reader);
    if (IsVarint(reader) && tag == field::AnyValue::kBool) {
      value.data = reader.get_uint64() != 0;
    } else if (IsVarint(reader) && tag == field::AnyValue::kInt) {
      value.data = reader.get_int64();
    } else if (IsFixed64(reader) && tag == field::AnyValue::kDouble) {
      value.data = reader.get_double();
    } else if (!IsBytes(reader)) {
      reader.skip();
    } else if (tag == field::AnyValue::kString) {
      value.data = std::string(ReadView(reader));
    } else if (tag == field::AnyValue::kBytes) {
      value.data = model::ByteString{std::string(ReadView(reader))};
    } else if (tag == field::AnyValue::kArray) {
      value = ReadNested(ValueType::kArray, ReadView(reader), depth_left);
    } else if (tag == field::AnyValue::kKvList) {
      value = ReadNested(ValueType::kKvList, ReadView(reader), depth_left);
    } else {
      reader.skip();
    }
  }
  return value;
}

Value ReadNested(ValueType type, std::string_view encoded, std::uint64_t depth_left) {
  if (depth_left == 0) return Value{};
  Value::Array array;
  Value::KvList list;
  ForEachElement(type, encoded, [&](std::string_view key, std::string_view any_value) {
    Value element = ReadAnyValue(any_value, depth_left - 1);
    if (type == ValueType::kArray) {
      array.push_back(std::move(element));
    } else {
      list.push_back({std::string(key), std::move(element)});
    }
  });
  if (type == ValueType::kArray) return Value{std::move(array)};
  return Value{std::move(list)};
}

}  // namespace

std::uint64_t NestedDepth(ValueType type, std::string_view encoded, std::uint64_t depth_max) {
  if (depth_max == 0) return 1;
  std::uint64_t below = 0;
  ForEachElement(type, encoded, [&](std::string_view, std::string_view any_value) {
    Reader reader = ReaderOf(any_value);
    while (reader.next()) {
      const auto tag = TagOf<field::AnyValue>(reader);
      const bool is_array = tag == field::AnyValue::kArray;
      if (IsBytes(reader) && (is_array || tag == field::AnyValue::kKvList)) {
        const ValueType inner = is_array ? ValueType::kArray : ValueType::kKvList;
        below = std::max(below, NestedDepth(inner, ReadView(reader), depth_max - 1));
      } else {
        reader.skip();
      }
    }
  });
  return below + 1;
}

std::string CutNestedValue(ValueType type, std::string_view encoded, std::uint64_t depth_max) {
  return EncodeNestedValue(ReadNested(type, encoded, depth_max));
}

model::Value DecodeNestedValue(ValueType type, std::string_view encoded) {
  try {
    return ReadNested(type, encoded, kDepthCeiling);
  } catch (const protozero::exception&) {
    return Value{};
  }
}

std::string EncodeNestedValue(const Value& value) {
  std::string out;
  WriteListContent(value, &out);
  return out;
}

}  // namespace clew::wire::otlp
