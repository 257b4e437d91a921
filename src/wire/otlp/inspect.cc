#include "wire/otlp/inspect.h"

#include <protozero/exception.hpp>

#include <algorithm>

#include "wire/otlp/fields.h"
#include "wire/otlp/protobuf_fault.h"
#include "wire/otlp/rewrite.h"
#include "wire/otlp/span_ids.h"

namespace clew::wire::otlp {

namespace {

// Walks the outer fields, remembering where it is for the error message.
class Inspector {
 public:
  explicit Inspector(const DecodeLimits& limits) : limits_(limits) {}

  void Request(std::string_view body) {
    Walk(body, [this](Reader& reader) {
      if (!Enter(reader, NumberOf(field::Request::kResourceSpans))) return;
      ++facts_.resource_spans_count;
      const std::string_view resource_spans = ReadView(reader);
      // A full walk first: ForEachScopeSpans does not report where it fails.
      std::uint64_t attribute_count = 0;
      Fields entity_refs;
      Walk(resource_spans, [&](Reader& inner) {
        if (!Enter(inner, NumberOf(field::ResourceSpans::kResource))) return;
        const std::string_view resource = ReadView(inner);
        attribute_count += FieldsOf(resource, NumberOf(field::Resource::kAttributes)).count;
        const Fields more = FieldsOf(resource, NumberOf(field::Resource::kEntityRefs));
        entity_refs.count += more.count;
        entity_refs.byte_size += more.byte_size;
        entity_refs.largest = std::max(entity_refs.largest, more.largest);
      });
      facts_.entity_ref_bytes += KeptBytesMax(entity_refs);
      facts_.attribute_count += std::min(attribute_count, limits_.attribute_count_max);
      ForEachScopeSpans(resource_spans, [this](std::string_view spans) { ScopeSpans(spans); });
    });
  }

  const RequestFacts& facts() const { return facts_; }
  const char* position() const { return position_; }

 private:
  void ScopeSpans(std::string_view scope_spans) {
    ++facts_.scope_count;
    std::uint64_t attribute_count = 0;
    Walk(scope_spans, [&](Reader& reader) {
      const bool is_span = reader.tag() == NumberOf(field::ScopeSpans::kSpans);
      if (is_span && IsBytes(reader)) return Span(ReadView(reader));
      if (!Enter(reader, NumberOf(field::ScopeSpans::kScope))) return;
      attribute_count += FieldsOf(ReadView(reader), NumberOf(field::Scope::kAttributes)).count;
    });
    facts_.attribute_count += std::min(attribute_count, limits_.attribute_count_max);
  }

  void Span(std::string_view span) {
    SpanIds ids;
    std::uint64_t attribute_count = 0;
    std::uint64_t event_count = 0;
    std::uint64_t link_count = 0;
    Walk(span, [&](Reader& reader) {
      const auto tag = TagOf<field::Span>(reader);
      if (!IsBytes(reader)) return reader.skip();
      if (tag == field::Span::kAttributes) {
        ++attribute_count;
      } else if (tag == field::Span::kEvents && ++event_count <= limits_.event_count_max) {
        return CountAttributes(ReadView(reader), NumberOf(field::Event::kAttributes));
      } else if (tag == field::Span::kLinks && ++link_count <= limits_.link_count_max) {
        Reader copy = reader;
        CountAttributes(ReadView(copy), NumberOf(field::Link::kAttributes));
      }
      ids.Read(reader);
    });
    ++facts_.span_count;
    facts_.attribute_count += std::min(attribute_count, limits_.attribute_count_max);
    facts_.event_count += std::min(event_count, limits_.event_count_max);
    facts_.link_count += std::min(link_count, limits_.link_count_max);
    Count(ids.fault());
  }

  // The attributes of an event or link, where they have the number `tag`.
  void CountAttributes(std::string_view owner, protozero::pbf_tag_type tag) {
    facts_.attribute_count += std::min(FieldsOf(owner, tag).count, limits_.attribute_count_max);
  }

  struct Fields {
    std::uint64_t count = 0;
    std::uint64_t byte_size = 0;  // with their tags
    std::uint64_t largest = 0;    // of byte_size
  };
  // What decoding keeps of entity references at most: so many, none over the limit of a value.
  std::uint64_t KeptBytesMax(const Fields& entity_refs) const {
    if (entity_refs.count <= limits_.entity_ref_count_max) return entity_refs.byte_size;
    constexpr std::uint64_t kTagBytes = 11;
    const std::uint64_t value_max = limits_.attribute_value_bytes_max;
    const std::uint64_t largest =
        entity_refs.largest > value_max ? value_max + kTagBytes : entity_refs.largest;
    return std::min(entity_refs.byte_size, limits_.entity_ref_count_max * largest);
  }

  // The length-delimited fields of a message with the number `tag`.
  Fields FieldsOf(std::string_view message, protozero::pbf_tag_type tag) {
    Fields fields;
    Walk(message, [&](Reader& reader) {
      const bool is_one = reader.tag() == tag && IsBytes(reader);
      reader.skip();
      if (!is_one) return;
      ++fields.count;
      const auto size = static_cast<std::uint64_t>(reader.data().data() - position_);
      fields.byte_size += size;
      fields.largest = std::max(fields.largest, size);
    });
    return fields;
  }

  void Count(SpanFault fault) {
    switch (fault) {
      case SpanFault::kNone:
        break;
      case SpanFault::kTraceId:
        ++facts_.bad_trace_id_count;
        break;
      case SpanFault::kSpanId:
        ++facts_.bad_span_id_count;
        break;
      case SpanFault::kParentSpanId:
        ++facts_.bad_parent_span_id_count;
        break;
      case SpanFault::kLinkId:
        ++facts_.bad_link_id_count;
        break;
    }
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

  const DecodeLimits& limits_;
  RequestFacts facts_;
  const char* position_ = nullptr;
};

}  // namespace

model::RowCounts RequestFacts::rows() const {
  model::RowCounts rows(span_count - rejected_count());
  rows.resources = resource_spans_count;
  rows.scopes = scope_count;
  rows.events = event_count;
  rows.links = link_count;
  return rows;
}

Result<RequestFacts> InspectRequest(std::string_view body, const DecodeLimits& limits) {
  Inspector inspector(limits);
  try {
    inspector.Request(body);
  } catch (const protozero::exception& error) {
    return InvalidArgument(
        "malformed protobuf at byte offset {}: {}; send an ExportTraceServiceRequest",
        inspector.position() - body.data(), ProtobufFault(error));
  }
  return inspector.facts();
}

std::string RemoveRejectedSpans(std::string_view body) {
  return KeepItems(ShapeOf(model::Signal::kTraces), body, Empty::kKeep,
                   [](std::uint64_t, std::string_view span) {
                     return ReadSpanIds(span).fault() == SpanFault::kNone;
                   });
}

}  // namespace clew::wire::otlp
