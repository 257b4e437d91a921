#pragma once

#include <protozero/pbf_reader.hpp>

#include <cstdint>
#include <string_view>

#include "base/vocabulary.h"

/// Field numbers of opentelemetry.proto, trace part (otlp.md section 2), of what is no field of a
/// column (model/field_list.h) or is asked for by itself, and the few reading steps that the
/// functions of this folder share. Private to wire/otlp.
namespace clew::wire::otlp::field {

enum class Request : protozero::pbf_tag_type { kResourceSpans = 1 };
enum class ResourceSpans : protozero::pbf_tag_type {
  kResource = 1,
  kScopeSpans = 2,
  kLibrarySpans = 1000,  // before 0.15; same shape as ScopeSpans
};
enum class ScopeSpans : protozero::pbf_tag_type { kScope = 1, kSpans = 2 };
enum class Resource : protozero::pbf_tag_type { kAttributes = 1, kEntityRefs = 3 };
enum class Entity : protozero::pbf_tag_type {
  kSchemaUrl = 1,
  kType = 2,
  kIdKeys = 3,
  kDescriptionKeys = 4,
};
enum class Scope : protozero::pbf_tag_type { kAttributes = 3 };
enum class Span : protozero::pbf_tag_type {
  kTraceId = 1,
  kSpanId = 2,
  kParentSpanId = 4,
  kAttributes = 9,
  kEvents = 11,
  kLinks = 13,
  kStatus = 15
};
enum class Event : protozero::pbf_tag_type { kAttributes = 3 };
enum class Link : protozero::pbf_tag_type { kTraceId = 1, kSpanId = 2, kAttributes = 4 };
enum class KeyValue : protozero::pbf_tag_type { kKey = 1, kValue = 2 };
enum class AnyValue : protozero::pbf_tag_type {
  kString = 1,
  kBool = 2,
  kInt = 3,
  kDouble = 4,
  kArray = 5,
  kKvList = 6,
  kBytes = 7,
};
/// ArrayValue.values and KeyValueList.values.
enum class List : protozero::pbf_tag_type { kValues = 1 };

}  // namespace clew::wire::otlp::field

namespace clew::wire::otlp {

/// The number on the wire of one of the enumerators above.
constexpr auto NumberOf(auto field) { return static_cast<protozero::pbf_tag_type>(field); }

inline std::string_view ToView(protozero::data_view view) { return {view.data(), view.size()}; }

using Reader = protozero::pbf_reader;

inline Reader ReaderOf(std::string_view message) {
  return Reader(protozero::data_view(message.data(), message.size()));
}

inline std::string_view ReadView(Reader& reader) { return ToView(reader.get_view()); }

template <typename FieldEnum>
FieldEnum TagOf(const Reader& reader) {
  return static_cast<FieldEnum>(reader.tag());
}

/// True when the field is a length-delimited one; other wire types under a known number are
/// unknown fields to us and skipped.
inline bool IsBytes(const Reader& reader) {
  return reader.wire_type() == protozero::pbf_wire_type::length_delimited;
}
inline bool IsVarint(const Reader& reader) {
  return reader.wire_type() == protozero::pbf_wire_type::varint;
}
inline bool IsFixed64(const Reader& reader) {
  return reader.wire_type() == protozero::pbf_wire_type::fixed64;
}
inline bool IsFixed32(const Reader& reader) {
  return reader.wire_type() == protozero::pbf_wire_type::fixed32;
}

/// The field of one ResourceSpans that lists its ScopeSpans: the old field 1000 counts only when
/// there is no scope list (otlp.md section 2, envelope).
inline field::ResourceSpans ScopeListOf(std::string_view resource_spans) {
  using field::ResourceSpans;
  Reader reader = ReaderOf(resource_spans);
  bool has_library_spans = false;
  while (reader.next()) {
    const auto tag = TagOf<ResourceSpans>(reader);
    if (IsBytes(reader) && tag == ResourceSpans::kScopeSpans) return tag;
    has_library_spans |= IsBytes(reader) && tag == ResourceSpans::kLibrarySpans;
    reader.skip();
  }
  return has_library_spans ? ResourceSpans::kLibrarySpans : ResourceSpans::kScopeSpans;
}

/// Calls `visit(view)` for each ScopeSpans message of one ResourceSpans.
template <typename Visit>
void ForEachScopeSpans(std::string_view resource_spans, Visit visit) {
  const field::ResourceSpans list = ScopeListOf(resource_spans);
  Reader reader = ReaderOf(resource_spans);
  while (reader.next()) {
    if (IsBytes(reader) && TagOf<field::ResourceSpans>(reader) == list) {
      visit(ReadView(reader));
    } else {
      reader.skip();
    }
  }
}

}  // namespace clew::wire::otlp
