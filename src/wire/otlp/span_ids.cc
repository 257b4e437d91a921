#include "wire/otlp/span_ids.h"

#include <cstddef>

namespace clew::wire::otlp {

namespace {

constexpr std::size_t kTraceIdSize = 16;
constexpr std::size_t kSpanIdSize = 8;

bool IsId(std::string_view bytes, std::size_t size) {
  return bytes.size() == size && bytes.find_first_not_of('\0') != bytes.npos;
}

/// An id that need not be there.
bool IsIdOrNone(std::string_view bytes, std::size_t size) {
  return bytes.empty() || bytes.size() == size;
}

}  // namespace

bool HasGoodIds(std::string_view link) {
  std::string_view trace_id;
  std::string_view span_id;
  Reader reader = ReaderOf(link);
  while (reader.next()) {
    const auto tag = TagOf<field::Link>(reader);
    if (IsBytes(reader) && tag == field::Link::kTraceId) {
      trace_id = ReadView(reader);
    } else if (IsBytes(reader) && tag == field::Link::kSpanId) {
      span_id = ReadView(reader);
    } else {
      reader.skip();
    }
  }
  return IsIdOrNone(trace_id, kTraceIdSize) && IsIdOrNone(span_id, kSpanIdSize);
}

SpanFault SpanIds::fault() const {
  if (!IsId(trace_id_, kTraceIdSize)) return SpanFault::kTraceId;
  if (!IsId(span_id_, kSpanIdSize)) return SpanFault::kSpanId;
  if (!IsIdOrNone(parent_span_id_, kSpanIdSize)) return SpanFault::kParentSpanId;
  return has_bad_link_ ? SpanFault::kLinkId : SpanFault::kNone;
}

SpanIds ReadSpanIds(std::string_view span) {
  SpanIds ids;
  Reader reader = ReaderOf(span);
  while (reader.next()) ids.Read(reader);
  return ids;
}

}  // namespace clew::wire::otlp
