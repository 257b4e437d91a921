#pragma once

#include <cstdint>
#include <cstring>
#include <string_view>

#include "model/span_columns.h"
#include "wire/otlp/attribute_scatter.h"
#include "wire/otlp/fields.h"
#include "wire/otlp/limits.h"

/// What the parts of decoding share (decode.cc and what it is made of). Private to wire/otlp.
namespace clew::wire::otlp {

/// Where requests are decoded to, and how far they are read. One thread.
struct DecodeState {
  DecodeState(const DecodeLimits& decode_limits, DecodeCounts& decode_counts)
      : limits(decode_limits), counts(decode_counts) {}
  DecodeState(const DecodeState&) = delete;
  DecodeState& operator=(const DecodeState&) = delete;

  /// Goes to the next field of a message, and notes where it begins.
  bool Next(Reader& reader) {
    position = reader.data().data();
    return reader.next();
  }
  std::string_view Name(std::string_view name) const {
    return CutText(name, limits.name_bytes_max, counts.names_truncated);
  }
  std::string_view Text(std::string_view text) const {
    return CutText(text, limits.attribute_value_bytes_max, counts.values_truncated);
  }

  const DecodeLimits& limits;
  DecodeCounts& counts;
  model::SpanColumns out;
  AttributeScatter attributes{limits, counts, &out};
  /// Where the last field began.
  const char* position = nullptr;
};

inline std::uint32_t RowOf(std::size_t count) { return static_cast<std::uint32_t>(count); }

/// The zero id when it has another size.
template <typename Id>
Id ReadId(std::string_view bytes) {
  Id id;
  if (bytes.size() == id.bytes.size()) std::memcpy(id.bytes.data(), bytes.data(), bytes.size());
  return id;
}

}  // namespace clew::wire::otlp
