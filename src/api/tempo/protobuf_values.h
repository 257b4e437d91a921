#pragma once

#include <cstdint>
#include <string_view>

#include "model/value.h"
#include "wire/otlp/field_writer.h"
#include "wire/otlp/value_writer.h"

/// Fields of the messages of answers. What has the value that protobuf takes for granted is not
/// written, as in all of its writers.
namespace clew::api::tempo {

using wire::otlp::FieldWriter;

/// Calls `write()` for the content of the message that is the field `number`.
template <typename Write>
void MessageField(FieldWriter& out, std::uint32_t number, const Write& write) {
  constexpr std::size_t kLengthBytes = 2;
  const std::size_t begin = out.BeginMessage(number, kLengthBytes);
  write();
  out.EndMessage(begin, kLengthBytes);
}

inline void NumberField(FieldWriter& out, std::uint32_t number, std::uint64_t value) {
  if (value != 0) out.Varint(number, value);
}
inline void TextField(FieldWriter& out, std::uint32_t number, std::string_view text) {
  if (!text.empty()) out.Text(number, text);
}
/// Also a zero with a sign is written.
void DoubleField(FieldWriter& out, std::uint32_t number, double value);

/// A KeyValue of OTLP.
inline void KeyValueField(FieldWriter& out, std::uint32_t number, std::string_view key,
                          const model::Value& value) {
  wire::otlp::WriteKeyValue(number, key, value, &out.out());
}

/// An entry of a map from text to a number.
void CountField(FieldWriter& out, std::uint32_t number, std::string_view key, std::uint64_t count);

}  // namespace clew::api::tempo
