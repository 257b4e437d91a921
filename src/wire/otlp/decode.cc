#include "wire/otlp/decode.h"

#include <protozero/exception.hpp>

#include "wire/otlp/decode_state.h"
#include "wire/otlp/protobuf_fault.h"
#include "wire/otlp/span_children.h"
#include "wire/otlp/span_ids.h"
#include "wire/otlp/span_owners.h"

namespace clew::wire::otlp {
namespace {

using model::Owner;
using model::SpanColumns;

// Reads one request after the other into one set of columns. Throws protozero's exceptions.
class Decoder {
 public:
  Decoder(const DecodeLimits& limits, DecodeCounts& counts) : state_(limits, counts) {}

  void Request(std::string_view body) {
    state_.attributes.BeginRequest();
    Reader reader = ReaderOf(body);
    while (state_.Next(reader)) {
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
  const char* position() const { return state_.position; }

 private:
  void ResourceSpans(std::string_view message) {
    // A message that comes in parts is one: so are its attributes and their limit.
    AttributeScatter::Row row = owners_.BeginResource();
    resource_ = row.index;
    Reader reader = ReaderOf(message);
    while (state_.Next(reader)) {
      const auto tag = TagOf<field::ResourceSpans>(reader);
      if (IsBytes(reader) && tag == field::ResourceSpans::kResource) {
        owners_.Resource(ReadView(reader), row);
      } else if (IsBytes(reader) && tag == field::ResourceSpans::kSchemaUrl) {
        out_.resources.schema_urls.Set(resource_, state_.Name(ReadView(reader)));
      } else {
        reader.skip();
      }
    }
    owners_.EndResource(row);
    ForEachScopeSpans(message, [this](std::string_view spans) { ScopeSpans(spans); });
  }

  void ScopeSpans(std::string_view message) {
    AttributeScatter::Row row = owners_.BeginScope();
    scope_ = row.index;
    Reader reader = ReaderOf(message);
    while (state_.Next(reader)) {
      const auto tag = TagOf<field::ScopeSpans>(reader);
      if (!IsBytes(reader)) {
        reader.skip();
      } else if (tag == field::ScopeSpans::kSpans) {
        Span(ReadView(reader));
      } else if (tag == field::ScopeSpans::kScope) {
        owners_.Scope(ReadView(reader), row);
      } else if (tag == field::ScopeSpans::kSchemaUrl) {
        out_.scopes.schema_urls.Set(scope_, state_.Name(ReadView(reader)));
      } else {
        reader.skip();
      }
    }
    owners_.EndScope(row);
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
    AttributeScatter::Row row = AttributeScatter::Begin(Owner::kSpan, span_row_);
    Reader reader = ReaderOf(message);
    while (state_.Next(reader)) {
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
        state_.attributes.Add(row, view);
        break;
      case field::Span::kParentSpanId:
        span->parent = ReadId<SpanId>(view);
        break;
      case field::Span::kName:
        span->name = state_.Name(view);
        break;
      case field::Span::kTraceState:
        span->trace_state = state_.Text(view);
        break;
      case field::Span::kEvents:
        if (WithinLimit(&event_count_, state_.limits.event_count_max, state_.counts.events_dropped,
                        &span->dropped_events)) {
          DecodeEvent(view, span_row_, state_);
        }
        break;
      case field::Span::kLinks:
        if (WithinLimit(&link_count_, state_.limits.link_count_max, state_.counts.links_dropped,
                        &span->dropped_links)) {
          DecodeLink(view, span_row_, state_);
        }
        break;
      case field::Span::kStatus:
        SpanStatus(view, span);
        break;
      default:
        break;
    }
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
    while (state_.Next(reader)) {
      const auto tag = TagOf<field::SpanStatus>(reader);
      if (IsBytes(reader) && tag == field::SpanStatus::kMessage) {
        span->status_message = state_.Text(ReadView(reader));
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

  // Counts one more item of a span; false when it is over the limit and so dropped.
  static bool WithinLimit(std::uint64_t* count, std::uint64_t limit,
                          std::atomic<std::uint64_t>& counter, std::uint32_t* dropped) {
    if (++*count <= limit) return true;
    counter.fetch_add(1, std::memory_order_relaxed);
    ++*dropped;
    return false;
  }

  DecodeState state_;
  SpanColumns& out_ = state_.out;
  SpanOwners owners_{state_};
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
