#pragma once

#include <string_view>

#include "wire/otlp/fields.h"

namespace clew::wire::otlp {

/// Why a span cannot be taken (otlp.md section 2, validity).
enum class SpanFault { kNone, kTraceId, kSpanId, kParentSpanId, kLinkId };

/// Whether the ids of a Link message may be as they are.
bool HasGoodIds(std::string_view link);

/// The ids of a Span message. Of a repeated field the last counts, as protobuf has it.
class SpanIds {
 public:
  /// Reads the field of the message that `reader` has come to, and goes past it. May throw
  /// protozero's exceptions.
  void Read(Reader& reader);

  std::string_view trace_id() const { return trace_id_; }
  std::string_view span_id() const { return span_id_; }
  SpanFault fault() const;

 private:
  std::string_view trace_id_;
  std::string_view span_id_;
  std::string_view parent_span_id_;
  bool has_bad_link_ = false;
};

inline void SpanIds::Read(Reader& reader) {
  if (!IsBytes(reader)) return reader.skip();
  switch (TagOf<field::Span>(reader)) {
    case field::Span::kTraceId:
      trace_id_ = ReadView(reader);
      break;
    case field::Span::kSpanId:
      span_id_ = ReadView(reader);
      break;
    case field::Span::kParentSpanId:
      parent_span_id_ = ReadView(reader);
      break;
    case field::Span::kLinks:
      has_bad_link_ |= !HasGoodIds(ReadView(reader));
      break;
    default:
      reader.skip();
      break;
  }
}

/// May throw protozero's exceptions.
SpanIds ReadSpanIds(std::string_view span);

}  // namespace clew::wire::otlp
