#include "wire/otlp/decode.h"

#include <protozero/exception.hpp>

#include "wire/otlp/protobuf_fault.h"
#include "wire/otlp/resource_entities.h"
#include "wire/otlp/row_reader.h"
#include "wire/otlp/span_ids.h"

namespace clew::wire::otlp {
namespace {

using model::Message;
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
      if (IsMessage(reader, field::Request::kResourceSpans)) {
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
    RowReader<Owner::kResource> row(state_);
    ResourceEntities entities(state_);
    resource_ = row.index();
    row.Read<Message::kResourceSpans>(message, [&](Reader& reader) {
      if (!IsMessage(reader, field::ResourceSpans::kResource)) return false;
      row.Read<Message::kResource>(ReadView(reader),
                                   [&](Reader& inner) { return entities.Read(inner); });
      return true;
    });
    row.values().entity_refs = entities.Take();
    row.Push();
    ForEachScopeSpans(message, [this](std::string_view spans) { ScopeSpans(spans); });
  }

  void ScopeSpans(std::string_view message) {
    RowReader<Owner::kScope> row(state_);
    scope_ = row.index();
    row.Read<Message::kScopeSpans>(message, [&](Reader& reader) {
      if (IsMessage(reader, field::ScopeSpans::kSpans)) {
        Span(ReadView(reader));
      } else if (IsMessage(reader, field::ScopeSpans::kScope)) {
        row.Read<Message::kScope>(ReadView(reader));
      } else {
        return false;
      }
      return true;
    });
    row.Push();
  }

  void Span(std::string_view message) {
    if (ReadSpanIds(message).fault() != SpanFault::kNone) return;
    RowReader<Owner::kSpan> row(state_);
    std::uint64_t event_count = 0;
    std::uint64_t link_count = 0;
    row.Read<Message::kSpan>(message, [&](Reader& reader) {
      if (IsMessage(reader, field::Span::kEvents)) {
        const std::string_view event = ReadView(reader);
        if (++event_count <= state_.limits.event_count_max) {
          Child<Message::kEvent>(event, row.index());
        }
      } else if (IsMessage(reader, field::Span::kLinks)) {
        const std::string_view link = ReadView(reader);
        if (++link_count <= state_.limits.link_count_max) Child<Message::kLink>(link, row.index());
      } else if (IsMessage(reader, field::Span::kStatus)) {
        row.Read<Message::kStatus>(ReadView(reader));
      } else {
        return false;
      }
      return true;
    });
    row.values().dropped_events_counts +=
        OverLimit(event_count, state_.limits.event_count_max, state_.counts.events_dropped);
    row.values().dropped_links_counts +=
        OverLimit(link_count, state_.limits.link_count_max, state_.counts.links_dropped);
    row.Push();
    out_.resource_indexes.push_back(resource_);
    out_.scope_indexes.push_back(scope_);
  }

  // An event or link of the span.
  template <Message kMessage>
  void Child(std::string_view message, std::uint32_t span) {
    constexpr Owner kOwner = model::OwnerOf(kMessage);
    RowReader<kOwner> row(state_);
    row.template Read<kMessage>(message);
    row.Push();
    model::TableOf<kOwner>(out_).span_rows.push_back(span);
  }

  template <typename Field>
  static bool IsMessage(const Reader& reader, Field number) {
    return IsBytes(reader) && TagOf<Field>(reader) == number;
  }

  // How many of `count` items of a span were dropped; `counter` counts them.
  static std::uint32_t OverLimit(std::uint64_t count, std::uint64_t limit,
                                 std::atomic<std::uint64_t>& counter) {
    if (count <= limit) return 0;
    counter.fetch_add(count - limit, std::memory_order_relaxed);
    return static_cast<std::uint32_t>(count - limit);
  }

  DecodeState state_;
  SpanColumns& out_ = state_.out;
  std::uint32_t resource_ = 0;
  std::uint32_t scope_ = 0;
};

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
  columns->is_cut = of_this.AddTo(counts);
  columns->memory.insert(columns->memory.end(), pieces.begin(), pieces.end());
  return columns;
}

}  // namespace clew::wire::otlp
