#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "base/vocabulary.h"
#include "model/span_fields.h"
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

// The members of the lists, in their order: `std::string name;`.
#define CLEW_MEMBER(Id, column, object, Form, ...) form::Form::Object object{};

struct Resource {
  CLEW_RESOURCE_FIELDS(CLEW_MEMBER)
  Attributes attributes;
  bool operator==(const Resource&) const = default;
};

struct Scope {
  CLEW_SCOPE_FIELDS(CLEW_MEMBER)
  Attributes attributes;
  bool operator==(const Scope&) const = default;
};

struct Event {
  CLEW_EVENT_FIELDS(CLEW_MEMBER)
  Attributes attributes;
  bool operator==(const Event&) const = default;
};

struct Link {
  CLEW_LINK_FIELDS(CLEW_MEMBER)
  Attributes attributes;
  bool operator==(const Link&) const = default;
};

/// How long a span took: the one rule for what is shown, searched and counted. 0 when it has no
/// end, or one before its start; at most 2^63 - 1 ns. Times are unsigned, as on the wire.
inline Nanos SpanDuration(UnixNanos start, UnixNanos end) {
  const auto from = static_cast<std::uint64_t>(start);
  const auto to = static_cast<std::uint64_t>(end);
  constexpr auto kMax = static_cast<std::uint64_t>(Nanos::max().count());
  return Nanos(to > from ? static_cast<std::int64_t>(std::min(to - from, kMax)) : 0);
}

struct Span {
  CLEW_SPAN_FIELDS(CLEW_MEMBER)
  Attributes attributes;
  std::vector<Event> events;
  std::vector<Link> links;
  std::uint32_t resource = 0;  // index into TraceData::resources
  std::uint32_t scope = 0;     // index into TraceData::scopes
  /// What an adjuster has to say of the span (jaeger.md section 16). Not stored.
  std::vector<std::string> warnings;
  bool operator==(const Span&) const = default;

  Nanos duration() const { return SpanDuration(start, end); }
};

#undef CLEW_MEMBER

/// Spans as objects, usually one whole trace: what JSON is read into, and what is drawn.
struct TraceData {
  std::vector<Resource> resources;
  std::vector<Scope> scopes;
  std::vector<Span> spans;

  /// Of the span's resource; see model::ServiceName.
  std::string ServiceName(const Span& span) const;
};

}  // namespace clew::model
