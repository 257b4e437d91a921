#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "base/vocabulary.h"
#include "model/value.h"

namespace clew::model {

/// OTLP's SpanKind; unknown numbers are kept as they came.
enum class SpanKind : std::int32_t {
  kUnspecified = 0,
  kInternal = 1,
  kServer = 2,
  kClient = 3,
  kProducer = 4,
  kConsumer = 5,
};

/// "internal", "server", …; empty for kUnspecified and unknown numbers (jaeger.md section 15).
std::string_view SpanKindName(SpanKind kind);

enum class StatusCode : std::int32_t { kUnset = 0, kOk = 1, kError = 2 };

struct EntityRef {
  std::string schema_url;
  std::string type;
  std::vector<std::string> id_keys;
  std::vector<std::string> description_keys;
  bool operator==(const EntityRef&) const = default;
};

struct Resource {
  Attributes attributes;
  std::uint32_t dropped_attributes_count = 0;
  std::vector<EntityRef> entity_refs;
  std::string schema_url;
  bool operator==(const Resource&) const = default;
};

struct Scope {
  std::string name;
  std::string version;
  Attributes attributes;
  std::uint32_t dropped_attributes_count = 0;
  std::string schema_url;
  bool operator==(const Scope&) const = default;
};

struct Event {
  UnixNanos time = 0;
  std::string name;
  Attributes attributes;
  std::uint32_t dropped_attributes_count = 0;
  bool operator==(const Event&) const = default;
};

struct Link {
  TraceId trace_id;
  SpanId span_id;
  std::string trace_state;
  Attributes attributes;
  std::uint32_t dropped_attributes_count = 0;
  std::uint32_t flags = 0;
  bool operator==(const Link&) const = default;
};

struct Span {
  TraceId trace_id;
  SpanId span_id;
  SpanId parent_span_id;  // zero: root
  std::string trace_state;
  std::string name;
  SpanKind kind = SpanKind::kUnspecified;
  StatusCode status = StatusCode::kUnset;
  std::string status_message;
  std::uint32_t flags = 0;
  UnixNanos start = 0;
  UnixNanos end = 0;
  Attributes attributes;
  std::vector<Event> events;
  std::vector<Link> links;
  std::uint32_t dropped_attributes_count = 0;
  std::uint32_t dropped_events_count = 0;
  std::uint32_t dropped_links_count = 0;
  std::uint32_t resource = 0;  // index into TraceData::resources
  std::uint32_t scope = 0;     // index into TraceData::scopes
  /// What an adjuster has to say of the span (jaeger.md section 16). Not stored.
  std::vector<std::string> warnings;
  bool operator==(const Span&) const = default;

  /// end - start, which wraps for times that no clock shows.
  Nanos duration() const {
    return Nanos(static_cast<std::int64_t>(static_cast<std::uint64_t>(end) -
                                           static_cast<std::uint64_t>(start)));
  }
};

/// About how much memory the span takes, for limits; without its resource and scope.
std::size_t MemoryOf(const Span& span);

/// Spans as objects, usually one whole trace: what query gives and the APIs write.
struct TraceData {
  std::vector<Resource> resources;
  std::vector<Scope> scopes;
  std::vector<Span> spans;

  /// The `service.name` of the span's resource, empty when it has none.
  std::string_view ServiceName(const Span& span) const {
    return FindString(resources[span.resource].attributes, "service.name");
  }
};

}  // namespace clew::model
