#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace clew::model {

/// The kinds of OTLP's AnyValue. Stored in blocks: never renumber.
enum class ValueType : std::uint8_t {
  kEmpty = 0,
  kString = 1,
  kBool = 2,
  kInt = 3,
  kDouble = 4,
  kBytes = 5,
  kArray = 6,
  kKvList = 7,
};

/// True for the types whose column values are texts: string, bytes and the encoded array and list.
constexpr bool HoldsText(ValueType type) {
  return type == ValueType::kString || type >= ValueType::kBytes;
}

/// What an attribute hangs on. Stored in blocks: never renumber.
enum class Owner : std::uint8_t { kSpan = 0, kResource = 1, kScope = 2, kEvent = 3, kLink = 4 };
inline constexpr std::size_t kOwnerCount = 5;

struct KeyValue;

/// Octets, as opposed to text.
struct ByteString {
  std::string bytes;
  bool operator==(const ByteString&) const = default;
};

/// One attribute value as an object: for answers about single traces, never for the ingest path
/// (that is SpanColumns). The alternatives are in the order of ValueType.
struct Value {
  using Array = std::vector<Value>;
  using KvList = std::vector<KeyValue>;
  std::variant<std::monostate, std::string, bool, std::int64_t, double, ByteString, Array, KvList>
      data;

  ValueType type() const { return static_cast<ValueType>(data.index()); }
  bool operator==(const Value&) const = default;
};

struct KeyValue {
  std::string key;
  Value value;
  bool operator==(const KeyValue&) const = default;
};

using Attributes = std::vector<KeyValue>;

/// The first value of `key`, or null (otlp.md section 2: map look-ups return the first).
const Value* FindAttribute(const Attributes& attributes, std::string_view key);
/// The first value of `key` when it is a string, else empty.
std::string_view FindString(const Attributes& attributes, std::string_view key);

/// The text that a value is compared and shown as: OTLP's AsString (jaeger.md section 5): bool
/// true|false, numbers in shortest form, bytes as base64, arrays and lists as JSON, lists by key.
std::string ValueToText(const Value& value);

}  // namespace clew::model
