#include "wire/otlp/decode.h"

#include <protozero/exception.hpp>

#include "wire/otlp/attribute_scatter.h"
#include "wire/otlp/entity_refs.h"
#include "wire/otlp/fields.h"
#include "wire/otlp/protobuf_fault.h"
#include "wire/otlp/span_ids.h"

namespace clew::wire::otlp {
namespace {

using model::Owner;
using model::SpanColumns;

std::uint32_t RowOf(std::size_t count) { return static_cast<std::uint32_t>(count); }

template <typename Id>
Id ReadId(std::string_view bytes) {
  Id id;
  if (bytes.size() == id.bytes.size()) std::memcpy(id.bytes.data(), bytes.data(), bytes.size());
  return id;
}

// Reads one request after the other into one set of columns. Throws protozero's exceptions.
class Decoder {
 public:
  Decoder(const DecodeLimits& limits, DecodeCounts& counts)
      : limits_(limits), counts_(counts), attributes_(limits, counts, &out_) {}

  void Request(std::string_view body) {
    attributes_.BeginRequest();
    Reader reader = ReaderOf(body);
    while (Next(reader)) {
      if (IsBytes(reader) && TagOf<field::Request>(reader) == field::Request::kResourceSpans) {
        ResourceSpans(ReadView(reader));
      } else {
        reader.skip();
      }
    }
  }

  void Reserve(const model::RowCounts& rows) {
    model::ForEachColumn([&](auto role, auto& column) { column.reserve(rows.Of(role.owner)); },
                         out_);
  }

  SpanColumns Take() { return std::move(out_); }
  /// Where the last field began.
  const char* position() const { return position_; }

 private:
  bool Next(Reader& reader) {
    position_ = reader.data().data();
    return reader.next();
  }

  void ResourceSpans(std::string_view message) {
    resource_ = RowOf(out_.resources.count());
    model::AddRow<Owner::kResource>(&out_);
    entity_ref_count_ = 0;
    // A message that comes in parts is one: so are its attributes and their limit.
    AttributeScatter::Row row = attributes_.Begin(Owner::kResource, resource_);
    Reader reader = ReaderOf(message);
    while (Next(reader)) {
      const auto tag = TagOf<field::ResourceSpans>(reader);
      if (IsBytes(reader) && tag == field::ResourceSpans::kResource) {
        Resource(ReadView(reader), row);
      } else if (IsBytes(reader) && tag == field::ResourceSpans::kSchemaUrl) {
        out_.resources.schema_urls.Set(resource_, Name(ReadView(reader)));
      } else {
        reader.skip();
      }
    }
    Add(resource_, row.dropped, &out_.resources.dropped_attributes_counts);
    out_.resources.entity_refs.Set(resource_, entities_.Take(attributes_.memory()));
    ForEachScopeSpans(message, [this](std::string_view spans) { ScopeSpans(spans); });
  }

  void Resource(std::string_view message, AttributeScatter::Row& row) {
    Reader reader = ReaderOf(message);
    while (Next(reader)) {
      const auto tag = TagOf<field::Resource>(reader);
      const char* begin = position_;
      if (IsBytes(reader) && tag == field::Resource::kAttributes) {
        attributes_.Add(row, ReadView(reader));
      } else if (IsVarint(reader) && tag == field::Resource::kDropped) {
        out_.resources.dropped_attributes_counts.Set(resource_, reader.get_uint32());
      } else if (IsBytes(reader) && tag == field::Resource::kEntityRefs) {
        const std::string_view entity_ref = ReadView(reader);
        EntityRef(entity_ref, {begin, static_cast<std::size_t>(reader.data().data() - begin)});
      } else {
        reader.skip();
      }
    }
  }

  // `field` is the message with its tag.
  void EntityRef(std::string_view message, std::string_view field) {
    if (entity_ref_count_ < limits_.entity_ref_count_max && IsEntityRefKept(message, limits_)) {
      ++entity_ref_count_;
      entities_.Add(field);
    } else {
      counts_.entity_refs_dropped.fetch_add(1, std::memory_order_relaxed);
    }
  }

  void ScopeSpans(std::string_view message) {
    scope_ = RowOf(out_.scopes.count());
    model::AddRow<Owner::kScope>(&out_);
    AttributeScatter::Row row = attributes_.Begin(Owner::kScope, scope_);
    Reader reader = ReaderOf(message);
    while (Next(reader)) {
      const auto tag = TagOf<field::ScopeSpans>(reader);
      if (!IsBytes(reader)) {
        reader.skip();
      } else if (tag == field::ScopeSpans::kSpans) {
        Span(ReadView(reader));
      } else if (tag == field::ScopeSpans::kScope) {
        Scope(ReadView(reader), row);
      } else if (tag == field::ScopeSpans::kSchemaUrl) {
        out_.scopes.schema_urls.Set(scope_, Name(ReadView(reader)));
      } else {
        reader.skip();
      }
    }
    Add(scope_, row.dropped, &out_.scopes.dropped_attributes_counts);
  }

  void Scope(std::string_view message, AttributeScatter::Row& row) {
    Reader reader = ReaderOf(message);
    while (Next(reader)) {
      const auto tag = TagOf<field::Scope>(reader);
      if (IsBytes(reader) && tag == field::Scope::kName) {
        out_.scopes.names.Set(scope_, Name(ReadView(reader)));
      } else if (IsBytes(reader) && tag == field::Scope::kVersion) {
        out_.scopes.versions.Set(scope_, Name(ReadView(reader)));
      } else if (IsBytes(reader) && tag == field::Scope::kAttributes) {
        attributes_.Add(row, ReadView(reader));
      } else if (IsVarint(reader) && tag == field::Scope::kDropped) {
        out_.scopes.dropped_attributes_counts.Set(scope_, reader.get_uint32());
      } else {
        reader.skip();
      }
    }
  }

  // The scalar fields of a span on their way to their columns.
  struct SpanFields {
    SpanId parent;
    UnixNanos start = 0;
    UnixNanos end = 0;
    std::int32_t kind = 0;
    std::int32_t status = 0;
    std::uint32_t flags = 0;
    std::string_view name;
    std::string_view status_message;
    std::string_view trace_state;
    std::uint32_t dropped_attributes = 0;
    std::uint32_t dropped_events = 0;
    std::uint32_t dropped_links = 0;
  };

  void Span(std::string_view message) {
    const SpanIds ids = ReadSpanIds(message);
    if (ids.fault() != SpanFault::kNone) return;
    SpanFields span;
    span_row_ = RowOf(out_.span_count());
    event_count_ = 0;
    link_count_ = 0;
    AttributeScatter::Row row = attributes_.Begin(Owner::kSpan, span_row_);
    Reader reader = ReaderOf(message);
    while (Next(reader)) {
      if (IsBytes(reader)) {
        SpanBytes(reader, row, &span);
      } else {
        SpanNumber(reader, &span);
      }
    }
    span.dropped_attributes += row.dropped;
    out_.trace_ids.push_back(ReadId<TraceId>(ids.trace_id()));
    out_.span_ids.push_back(ReadId<SpanId>(ids.span_id()));
    Push(span);
  }

  void SpanBytes(Reader& reader, AttributeScatter::Row& row, SpanFields* span) {
    const auto tag = TagOf<field::Span>(reader);
    const std::string_view view = ReadView(reader);
    switch (tag) {
      case field::Span::kAttributes:
        attributes_.Add(row, view);
        break;
      case field::Span::kParentSpanId:
        span->parent = ReadId<SpanId>(view);
        break;
      case field::Span::kName:
        span->name = Name(view);
        break;
      case field::Span::kTraceState:
        span->trace_state = Text(view);
        break;
      case field::Span::kEvents:
        if (WithinLimit(&event_count_, limits_.event_count_max, counts_.events_dropped,
                        &span->dropped_events)) {
          Event(view);
        }
        break;
      case field::Span::kLinks:
        if (WithinLimit(&link_count_, limits_.link_count_max, counts_.links_dropped,
                        &span->dropped_links)) {
          Link(view);
        }
        break;
      case field::Span::kStatus:
        SpanStatus(view, span);
        break;
      default:
        break;
    }
  }

  std::string_view Name(std::string_view name) {
    return CutText(name, limits_.name_bytes_max, counts_.names_truncated);
  }
  std::string_view Text(std::string_view text) {
    return CutText(text, limits_.attribute_value_bytes_max, counts_.values_truncated);
  }

  static void SpanNumber(Reader& reader, SpanFields* span) {
    const auto tag = TagOf<field::Span>(reader);
    if (IsFixed64(reader) && tag == field::Span::kStart) {
      span->start = static_cast<UnixNanos>(reader.get_fixed64());
    } else if (IsFixed64(reader) && tag == field::Span::kEnd) {
      span->end = static_cast<UnixNanos>(reader.get_fixed64());
    } else if (IsVarint(reader) && tag == field::Span::kKind) {
      span->kind = reader.get_enum();
    } else if (IsFixed32(reader) && tag == field::Span::kFlags) {
      span->flags = reader.get_fixed32();
    } else if (IsVarint(reader) && tag == field::Span::kDroppedAttributes) {
      span->dropped_attributes = reader.get_uint32();
    } else if (IsVarint(reader) && tag == field::Span::kDroppedEvents) {
      span->dropped_events += reader.get_uint32();
    } else if (IsVarint(reader) && tag == field::Span::kDroppedLinks) {
      span->dropped_links += reader.get_uint32();
    } else {
      reader.skip();
    }
  }

  void SpanStatus(std::string_view message, SpanFields* span) {
    Reader reader = ReaderOf(message);
    while (Next(reader)) {
      const auto tag = TagOf<field::SpanStatus>(reader);
      if (IsBytes(reader) && tag == field::SpanStatus::kMessage) {
        span->status_message = Text(ReadView(reader));
      } else if (IsVarint(reader) && tag == field::SpanStatus::kCode) {
        span->status = reader.get_enum();
      } else {
        reader.skip();
      }
    }
  }

  void Push(const SpanFields& span) {
    out_.parent_span_ids.push_back(span.parent);
    out_.starts.push_back(span.start);
    out_.ends.push_back(span.end);
    out_.kinds.push_back(span.kind);
    out_.status_codes.push_back(span.status);
    out_.flags.push_back(span.flags);
    out_.names.push_back(span.name);
    out_.status_messages.push_back(span.status_message);
    out_.trace_states.push_back(span.trace_state);
    out_.dropped_attributes_counts.push_back(span.dropped_attributes);
    out_.dropped_events_counts.push_back(span.dropped_events);
    out_.dropped_links_counts.push_back(span.dropped_links);
    out_.resource_indexes.push_back(resource_);
    out_.scope_indexes.push_back(scope_);
  }

  void Event(std::string_view message) {
    const std::uint32_t event = RowOf(out_.events.count());
    model::AddRow<Owner::kEvent>(&out_);
    out_.events.span_rows.Set(event, span_row_);
    AttributeScatter::Row row = attributes_.Begin(Owner::kEvent, event);
    Reader reader = ReaderOf(message);
    while (Next(reader)) {
      const auto tag = TagOf<field::Event>(reader);
      if (IsFixed64(reader) && tag == field::Event::kTime) {
        out_.events.times.Set(event, static_cast<UnixNanos>(reader.get_fixed64()));
      } else if (IsBytes(reader) && tag == field::Event::kName) {
        out_.events.names.Set(event, Name(ReadView(reader)));
      } else if (IsBytes(reader) && tag == field::Event::kAttributes) {
        attributes_.Add(row, ReadView(reader));
      } else if (IsVarint(reader) && tag == field::Event::kDropped) {
        out_.events.dropped_attributes_counts.Set(event, reader.get_uint32());
      } else {
        reader.skip();
      }
    }
    Add(event, row.dropped, &out_.events.dropped_attributes_counts);
  }

  void Link(std::string_view message) {
    const std::uint32_t link = RowOf(out_.links.count());
    model::AddRow<Owner::kLink>(&out_);
    out_.links.span_rows.Set(link, span_row_);
    AttributeScatter::Row row = attributes_.Begin(Owner::kLink, link);
    Reader reader = ReaderOf(message);
    while (Next(reader)) {
      const auto tag = TagOf<field::Link>(reader);
      if (IsBytes(reader) && tag == field::Link::kTraceId) {
        out_.links.trace_ids.Set(link, ReadId<TraceId>(ReadView(reader)));
      } else if (IsBytes(reader) && tag == field::Link::kSpanId) {
        out_.links.span_ids.Set(link, ReadId<SpanId>(ReadView(reader)));
      } else if (IsBytes(reader) && tag == field::Link::kTraceState) {
        out_.links.trace_states.Set(link, Text(ReadView(reader)));
      } else if (IsBytes(reader) && tag == field::Link::kAttributes) {
        attributes_.Add(row, ReadView(reader));
      } else if (IsVarint(reader) && tag == field::Link::kDropped) {
        out_.links.dropped_attributes_counts.Set(link, reader.get_uint32());
      } else if (IsFixed32(reader) && tag == field::Link::kFlags) {
        out_.links.flags.Set(link, reader.get_fixed32());
      } else {
        reader.skip();
      }
    }
    Add(link, row.dropped, &out_.links.dropped_attributes_counts);
  }

  static void Add(std::uint32_t row, std::uint32_t count, model::Column<std::uint32_t>* counts) {
    if (count != 0) counts->Set(row, (*counts)[row] + count);
  }

  // Counts one more item of a span; false when it is over the limit and so dropped.
  static bool WithinLimit(std::uint64_t* count, std::uint64_t limit,
                          std::atomic<std::uint64_t>& counter, std::uint32_t* dropped) {
    if (++*count <= limit) return true;
    counter.fetch_add(1, std::memory_order_relaxed);
    ++*dropped;
    return false;
  }

  const DecodeLimits& limits_;
  DecodeCounts& counts_;
  SpanColumns out_;
  AttributeScatter attributes_;
  JoinedViews entities_;  // of the resource that is read
  std::uint64_t entity_ref_count_ = 0;
  const char* position_ = nullptr;
  std::uint32_t resource_ = 0;
  std::uint32_t scope_ = 0;
  std::uint32_t span_row_ = 0;
  std::uint64_t event_count_ = 0;
  std::uint64_t link_count_ = 0;
};

// True when there is anything to add.
bool AddTo(DecodeCounts& sum, const DecodeCounts& counts) {
  bool has_any = false;
  for (const auto count :
       {&DecodeCounts::attributes_dropped, &DecodeCounts::keys_dropped,
        &DecodeCounts::keys_truncated, &DecodeCounts::values_truncated,
        &DecodeCounts::names_truncated, &DecodeCounts::events_dropped, &DecodeCounts::links_dropped,
        &DecodeCounts::values_too_deep, &DecodeCounts::entity_refs_dropped}) {
    const std::uint64_t added = (counts.*count).load(std::memory_order_relaxed);
    if (added == 0) continue;
    has_any = true;
    (sum.*count).fetch_add(added, std::memory_order_relaxed);
  }
  return has_any;
}

}  // namespace

Result<model::SpanColumnsPtr> DecodeRequest(const std::vector<Bytes>& pieces,
                                            const DecodeLimits& limits, DecodeCounts& counts,
                                            const model::RowCounts& rows) {
  DecodeCounts of_this;
  Decoder decoder(limits, of_this);
  decoder.Reserve(rows);
  for (const Bytes& piece : pieces) {
    try {
      decoder.Request(piece.view());
    } catch (const protozero::exception& error) {
      return InvalidArgument(
          "malformed protobuf at byte offset {}: {}; send an ExportTraceServiceRequest",
          decoder.position() - piece.view().data(), ProtobufFault(error));
    }
  }
  auto columns = std::make_shared<SpanColumns>(decoder.Take());
  columns->is_cut = AddTo(counts, of_this);
  columns->memory.insert(columns->memory.end(), pieces.begin(), pieces.end());
  return columns;
}

}  // namespace clew::wire::otlp
