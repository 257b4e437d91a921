#include "wire/otlp/nested_value.h"

#include <protozero/exception.hpp>
#include <protozero/pbf_builder.hpp>
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

using ListWriter = protozero::basic_pbf_builder<std::string, field::List>;
using ElementWriter = protozero::basic_pbf_builder<std::string, field::KeyValue>;

// The value without the lists below `depth_left`.
std::string CutAnyValue(std::string_view any_value, std::uint64_t depth_left) {
  std::string out;
  out.reserve(any_value.size());
  Reader reader = ReaderOf(any_value);
  const char* begin = any_value.data();
  while (reader.next()) {
    const auto tag = TagOf<field::AnyValue>(reader);
    const bool is_array = tag == field::AnyValue::kArray;
    if (!IsBytes(reader) || (!is_array && tag != field::AnyValue::kKvList)) {
      reader.skip();
      out.append(begin, reader.data().data());
    } else if (depth_left == 0) {
      // Of several values in one the last counts: those before go with it.
      reader.skip();
      out.clear();
    } else {
      const ValueType type = is_array ? ValueType::kArray : ValueType::kKvList;
      const std::string content = CutNestedValue(type, ReadView(reader), depth_left);
      protozero::pbf_writer(out).add_message(static_cast<std::uint32_t>(tag), content);
    }
    begin = reader.data().data();
  }
  return out;
}

// Of a text in a std::string: short ones lie inside their object.
std::uint64_t HeapOf(std::string_view text) { return text.size() < 16 ? 0 : text.size() + 17; }

// What is behind the object itself: of a text, or of the elements of an array or list.
void AddNestedBytes(ValueType type, std::string_view encoded, std::uint64_t depth_left,
                    std::uint64_t* bytes) {
  if (depth_left == 0) return;
  ForEachElement(type, encoded, [&](std::string_view key, std::string_view any_value) {
    // Vectors that grow have room for as many again.
    *bytes += 2 * sizeof(model::KeyValue) + HeapOf(key);
    Reader reader = ReaderOf(any_value);
    while (reader.next()) {
      const auto tag = TagOf<field::AnyValue>(reader);
      if (!IsBytes(reader)) {
        reader.skip();
      } else if (tag == field::AnyValue::kArray || tag == field::AnyValue::kKvList) {
        const bool is_array = tag == field::AnyValue::kArray;
        AddNestedBytes(is_array ? ValueType::kArray : ValueType::kKvList, ReadView(reader),
                       depth_left - 1, bytes);
      } else {
        *bytes += HeapOf(ReadView(reader));
      }
    }
  });
}

}  // namespace

std::uint64_t NestedBytes(ValueType type, std::string_view encoded) {
  std::uint64_t bytes = 0;
  try {
    AddNestedBytes(type, encoded, kDepthCeiling, &bytes);
  } catch (const protozero::exception&) {
    return bytes;
  }
  return bytes;
}

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
  // From bytes to bytes: a tree of such values takes many times what they take encoded.
  std::string out;
  out.reserve(encoded.size());
  ForEachElement(type, encoded, [&](std::string_view key, std::string_view any_value) {
    const std::string content = CutAnyValue(any_value, depth_max - 1);
    ListWriter writer(out);
    if (type == ValueType::kArray) {
      writer.add_bytes(field::List::kValues, content);
      return;
    }
    ElementWriter element(writer, field::List::kValues);
    element.add_string(field::KeyValue::kKey, key.data(), key.size());
    element.add_bytes(field::KeyValue::kValue, content);
  });
  return out;
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
