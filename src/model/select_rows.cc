#include "model/select_rows.h"

#include <utility>

namespace clew::model {
namespace {

constexpr std::uint32_t kNotSelected = 0xffffffff;

template <typename T>
std::vector<T> Pick(const std::vector<T>& values, const std::vector<std::uint32_t>& rows) {
  std::vector<T> picked;
  picked.reserve(rows.size());
  for (const std::uint32_t row : rows) picked.push_back(values[row]);
  return picked;
}

// New place of each old row.
std::vector<std::uint32_t> Places(const std::vector<std::uint32_t>& rows, std::size_t row_count) {
  std::vector<std::uint32_t> places(row_count, kNotSelected);
  for (std::uint32_t i = 0; i < rows.size(); ++i) places[rows[i]] = i;
  return places;
}

std::vector<std::uint32_t> ChildrenOf(const std::vector<std::uint32_t>& span_rows,
                                      const std::vector<std::uint32_t>& span_places) {
  std::vector<std::uint32_t> children;
  for (std::uint32_t i = 0; i < span_rows.size(); ++i) {
    if (span_places[span_rows[i]] != kNotSelected) children.push_back(i);
  }
  return children;
}

std::vector<std::uint32_t> Renumber(const std::vector<std::uint32_t>& span_rows,
                                    const std::vector<std::uint32_t>& span_places) {
  std::vector<std::uint32_t> renumbered;
  for (const std::uint32_t row : span_rows) renumbered.push_back(span_places[row]);
  return renumbered;
}

AttributeColumn PickColumn(const AttributeColumn& column,
                           const std::vector<std::uint32_t>& places) {
  AttributeColumn picked;
  picked.owner = column.owner;
  picked.type = column.type;
  picked.key = column.key;
  for (std::size_t i = 0; i < column.rows.size(); ++i) {
    const std::uint32_t place = places[column.rows[i]];
    if (place == kNotSelected) continue;
    picked.rows.push_back(place);
    if (!column.strings.empty()) picked.strings.push_back(column.strings[i]);
    if (!column.numbers.empty()) picked.numbers.push_back(column.numbers[i]);
  }
  return picked;
}

}  // namespace

SpanColumns SelectSpans(const SpanColumns& columns, const std::vector<std::uint32_t>& span_rows) {
  const std::vector<std::uint32_t> span_places = Places(span_rows, columns.span_count());
  const std::vector<std::uint32_t> events = ChildrenOf(columns.events.span_rows, span_places);
  const std::vector<std::uint32_t> links = ChildrenOf(columns.links.span_rows, span_places);
  SpanColumns out;
  out.trace_ids = Pick(columns.trace_ids, span_rows);
  out.span_ids = Pick(columns.span_ids, span_rows);
  out.parent_span_ids = Pick(columns.parent_span_ids, span_rows);
  out.starts = Pick(columns.starts, span_rows);
  out.ends = Pick(columns.ends, span_rows);
  out.kinds = Pick(columns.kinds, span_rows);
  out.status_codes = Pick(columns.status_codes, span_rows);
  out.flags = Pick(columns.flags, span_rows);
  out.names = Pick(columns.names, span_rows);
  out.status_messages = Pick(columns.status_messages, span_rows);
  out.trace_states = Pick(columns.trace_states, span_rows);
  out.dropped_attributes_counts = Pick(columns.dropped_attributes_counts, span_rows);
  out.dropped_events_counts = Pick(columns.dropped_events_counts, span_rows);
  out.dropped_links_counts = Pick(columns.dropped_links_counts, span_rows);
  out.resource_indexes = Pick(columns.resource_indexes, span_rows);
  out.scope_indexes = Pick(columns.scope_indexes, span_rows);
  out.resources = columns.resources;
  out.scopes = columns.scopes;
  out.events.span_rows = Renumber(Pick(columns.events.span_rows, events), span_places);
  out.events.times = Pick(columns.events.times, events);
  out.events.names = Pick(columns.events.names, events);
  out.events.dropped_attributes_counts = Pick(columns.events.dropped_attributes_counts, events);
  out.links.span_rows = Renumber(Pick(columns.links.span_rows, links), span_places);
  out.links.trace_ids = Pick(columns.links.trace_ids, links);
  out.links.span_ids = Pick(columns.links.span_ids, links);
  out.links.trace_states = Pick(columns.links.trace_states, links);
  out.links.flags = Pick(columns.links.flags, links);
  out.links.dropped_attributes_counts = Pick(columns.links.dropped_attributes_counts, links);
  const std::vector<std::uint32_t> event_places = Places(events, columns.events.count());
  const std::vector<std::uint32_t> link_places = Places(links, columns.links.count());
  for (const AttributeColumn& column : columns.attributes) {
    AttributeColumn picked = column.owner == Owner::kSpan    ? PickColumn(column, span_places)
                             : column.owner == Owner::kEvent ? PickColumn(column, event_places)
                             : column.owner == Owner::kLink  ? PickColumn(column, link_places)
                                                             : column;
    if (!picked.rows.empty()) out.attributes.push_back(std::move(picked));
  }
  out.memory = columns.memory;
  return out;
}

}  // namespace clew::model
