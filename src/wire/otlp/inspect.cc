#include "wire/otlp/inspect.h"

#include <protozero/exception.hpp>

#include "wire/otlp/fields.h"
#include "wire/otlp/rewrite.h"

namespace clew::wire::otlp {

SpanIds FindSpanIds(std::string_view span) {
  SpanIds ids;
  bool has_trace_id = false;
  bool has_span_id = false;
  Reader reader = ReaderOf(span);
  while (!(has_trace_id && has_span_id) && reader.next()) {
    const auto tag = TagOf<field::Span>(reader);
    if (IsBytes(reader) && tag == field::Span::kTraceId && !has_trace_id) {
      ids.trace_id = ReadView(reader);
      has_trace_id = true;
    } else if (IsBytes(reader) && tag == field::Span::kSpanId && !has_span_id) {
      ids.span_id = ReadView(reader);
      has_span_id = true;
    } else {
      reader.skip();
    }
  }
  return ids;
}

namespace {

// Walks the outer fields, remembering where it is for the error message.
class Inspector {
 public:
  void Request(std::string_view body) {
    Walk(body, [this](Reader& reader) {
      if (!Enter(reader, static_cast<protozero::pbf_tag_type>(field::Request::kResourceSpans))) {
        return;
      }
      const std::string_view resource_spans = ReadView(reader);
      // A full walk first: ForEachScopeSpans does not report where it fails.
      Walk(resource_spans, [](Reader& inner) { inner.skip(); });
      ForEachScopeSpans(resource_spans, [this](std::string_view spans) { ScopeSpans(spans); });
    });
  }

  const RequestFacts& facts() const { return facts_; }
  const char* position() const { return position_; }

 private:
  void ScopeSpans(std::string_view scope_spans) {
    Walk(scope_spans, [this](Reader& reader) {
      if (!Enter(reader, static_cast<protozero::pbf_tag_type>(field::ScopeSpans::kSpans))) return;
      const std::string_view span = ReadView(reader);
      Walk(span, [](Reader& inner) { inner.skip(); });
      ++facts_.span_count;
      const SpanIds ids = FindSpanIds(span);
      if (!ids.has_valid_trace_id()) {
        ++facts_.bad_trace_id_count;
      } else if (!ids.has_valid_span_id()) {
        ++facts_.bad_span_id_count;
      }
    });
  }

  template <typename Visit>
  void Walk(std::string_view message, Visit visit) {
    Reader reader = ReaderOf(message);
    position_ = message.data();
    while (reader.next()) {
      visit(reader);
      position_ = reader.data().data();
    }
  }

  // True when the field is the message with this number; skips it otherwise.
  static bool Enter(Reader& reader, protozero::pbf_tag_type tag) {
    if (reader.tag() == tag && IsBytes(reader)) return true;
    reader.skip();
    return false;
  }

  RequestFacts facts_;
  const char* position_ = nullptr;
};

}  // namespace

Result<RequestFacts> InspectRequest(std::string_view body) {
  Inspector inspector;
  try {
    inspector.Request(body);
  } catch (const protozero::exception& error) {
    return InvalidArgument(
        "malformed protobuf at byte offset {}: {}; send an ExportTraceServiceRequest",
        inspector.position() - body.data(), error.what());
  }
  return inspector.facts();
}

std::string RemoveRejectedSpans(std::string_view body) {
  return KeepSpans(
      body, [](std::uint64_t, std::string_view span) { return FindSpanIds(span).are_valid(); });
}

}  // namespace clew::wire::otlp
