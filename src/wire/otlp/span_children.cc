#include "wire/otlp/span_children.h"

namespace clew::wire::otlp {

using model::Owner;

void DecodeEvent(std::string_view message, std::uint32_t span_row, DecodeState& state) {
  const std::uint32_t event = RowOf(state.out.events.count());
  model::AddRow<Owner::kEvent>(&state.out);
  state.out.events.span_rows.Set(event, span_row);
  AttributeScatter::Row row = state.attributes.Begin(Owner::kEvent, event);
  Reader reader = ReaderOf(message);
  while (state.Next(reader)) {
    const auto tag = TagOf<field::Event>(reader);
    if (IsFixed64(reader) && tag == field::Event::kTime) {
      state.out.events.times.Set(event, static_cast<UnixNanos>(reader.get_fixed64()));
    } else if (IsBytes(reader) && tag == field::Event::kName) {
      state.out.events.names.Set(event, state.Name(ReadView(reader)));
    } else if (IsBytes(reader) && tag == field::Event::kAttributes) {
      state.attributes.Add(row, ReadView(reader));
    } else if (IsVarint(reader) && tag == field::Event::kDropped) {
      state.out.events.dropped_attributes_counts.Set(event, reader.get_uint32());
    } else {
      reader.skip();
    }
  }
  AddCount(event, row.dropped, &state.out.events.dropped_attributes_counts);
}

void DecodeLink(std::string_view message, std::uint32_t span_row, DecodeState& state) {
  const std::uint32_t link = RowOf(state.out.links.count());
  model::AddRow<Owner::kLink>(&state.out);
  state.out.links.span_rows.Set(link, span_row);
  AttributeScatter::Row row = state.attributes.Begin(Owner::kLink, link);
  Reader reader = ReaderOf(message);
  while (state.Next(reader)) {
    const auto tag = TagOf<field::Link>(reader);
    if (IsBytes(reader) && tag == field::Link::kTraceId) {
      state.out.links.trace_ids.Set(link, ReadId<TraceId>(ReadView(reader)));
    } else if (IsBytes(reader) && tag == field::Link::kSpanId) {
      state.out.links.span_ids.Set(link, ReadId<SpanId>(ReadView(reader)));
    } else if (IsBytes(reader) && tag == field::Link::kTraceState) {
      state.out.links.trace_states.Set(link, state.Text(ReadView(reader)));
    } else if (IsBytes(reader) && tag == field::Link::kAttributes) {
      state.attributes.Add(row, ReadView(reader));
    } else if (IsVarint(reader) && tag == field::Link::kDropped) {
      state.out.links.dropped_attributes_counts.Set(link, reader.get_uint32());
    } else if (IsFixed32(reader) && tag == field::Link::kFlags) {
      state.out.links.flags.Set(link, reader.get_fixed32());
    } else {
      reader.skip();
    }
  }
  AddCount(link, row.dropped, &state.out.links.dropped_attributes_counts);
}

}  // namespace clew::wire::otlp
