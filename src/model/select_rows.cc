#include "model/select_rows.h"

#include <algorithm>
#include <utility>

namespace clew::model {
namespace {

constexpr std::size_t kOwnerCount = 5;
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

// The rows that `indexes` name, ascending; makes `indexes` name their places.
std::vector<std::uint32_t> TakeUsed(std::vector<std::uint32_t>* indexes, std::size_t row_count) {
  std::vector<std::uint32_t> rows = *indexes;
  std::ranges::sort(rows);
  const auto repeats = std::ranges::unique(rows);
  rows.erase(repeats.begin(), repeats.end());
  *indexes = Renumber(*indexes, Places(rows, row_count));
  return rows;
}

SpanColumns::Resources PickResources(const SpanColumns::Resources& table,
                                     const std::vector<std::uint32_t>& rows) {
  return {.schema_urls = Pick(table.schema_urls, rows),
          .dropped_attributes_counts = Pick(table.dropped_attributes_counts, rows),
          .entity_refs = Pick(table.entity_refs, rows)};
}

SpanColumns::Scopes PickScopes(const SpanColumns::Scopes& table,
                               const std::vector<std::uint32_t>& rows) {
  return {.names = Pick(table.names, rows),
          .versions = Pick(table.versions, rows),
          .schema_urls = Pick(table.schema_urls, rows),
          .dropped_attributes_counts = Pick(table.dropped_attributes_counts, rows)};
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
  const auto resources = TakeUsed(&out.resource_indexes, columns.resources.count());
  const auto scopes = TakeUsed(&out.scope_indexes, columns.scopes.count());
  out.resources = PickResources(columns.resources, resources);
  out.scopes = PickScopes(columns.scopes, scopes);
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
  std::vector<std::uint32_t> places[kOwnerCount];
  places[static_cast<std::size_t>(Owner::kSpan)] = span_places;
  places[static_cast<std::size_t>(Owner::kEvent)] = Places(events, columns.events.count());
  places[static_cast<std::size_t>(Owner::kLink)] = Places(links, columns.links.count());
  places[static_cast<std::size_t>(Owner::kScope)] = Places(scopes, columns.scopes.count());
  places[static_cast<std::size_t>(Owner::kResource)] = Places(resources, columns.resources.count());
  for (const AttributeColumn& column : columns.attributes) {
    AttributeColumn picked = PickColumn(column, places[static_cast<std::size_t>(column.owner)]);
    if (!picked.rows.empty()) out.attributes.push_back(std::move(picked));
  }
  out.memory = columns.memory;
  return out;
}

}  // namespace clew::model
