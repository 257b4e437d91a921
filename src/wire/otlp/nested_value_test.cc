#include "wire/otlp/nested_value.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <vector>

#include "wire/otlp/materialize.h"

namespace clew::wire::otlp {
namespace {

using model::Value;

std::uint64_t HeapOf(const std::string& text) {
  return text.capacity() > std::string().capacity() ? text.capacity() + 1 : 0;
}

/// What lies behind the object itself.
std::uint64_t HeapOf(const Value& value) {
  std::uint64_t bytes = 0;
  if (const auto* text = std::get_if<std::string>(&value.data)) {
    bytes = HeapOf(*text);
  } else if (const auto* array = std::get_if<Value::Array>(&value.data)) {
    bytes = array->capacity() * sizeof(Value);
    for (const Value& element : *array) bytes += HeapOf(element);
  } else if (const auto* list = std::get_if<Value::KvList>(&value.data)) {
    bytes = list->capacity() * sizeof(model::KeyValue);
    for (const model::KeyValue& entry : *list) bytes += HeapOf(entry.key) + HeapOf(entry.value);
  }
  return bytes;
}

TEST(NestedBytes, AreWhatObjectsTake) {
  const Value text{std::string(60'000, 't')};
  const Value::Array truths(5'000, Value{true});
  const Value::Array nested(100, Value{Value::Array(10, Value{std::string(100, 'n')})});
  const Value::KvList list(1'000, {"a key of some length", Value{std::string("short")}});
  for (const Value& value : {Value{Value::Array{text}}, Value{truths}, Value{nested}, Value{list},
                             Value{Value::Array(5'000, Value{})}}) {
    const std::string encoded = EncodeNestedValue(value);

    const std::uint64_t expected = NestedBytes(value.type(), encoded);

    const std::uint64_t size = HeapOf(DecodeNestedValue(value.type(), encoded));
    EXPECT_GE(expected, size);
    EXPECT_LE(expected, 4 * size);
    EXPECT_GE(expected, model::ValueToText(value).size());
  }
}

TEST(NestedBytes, OfMalformedBytesCountWhatComesBefore) {
  EXPECT_EQ(NestedBytes(model::ValueType::kArray, "\x0a\x7f"), 0u);
}

}  // namespace
}  // namespace clew::wire::otlp
