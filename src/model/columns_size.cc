#include "model/columns_size.h"

namespace clew::model {
namespace {

template <typename... T>
std::uint64_t BytesOf(const std::vector<T>&... vectors) {
  return (std::uint64_t{0} + ... + (vectors.capacity() * sizeof(T)));
}

}  // namespace

std::uint64_t TableBytes(const SpanColumns& columns) {
  const auto& c = columns;
  std::uint64_t bytes =
      BytesOf(c.trace_ids, c.span_ids, c.parent_span_ids, c.starts, c.ends, c.kinds, c.status_codes,
              c.flags, c.names, c.status_messages, c.trace_states, c.dropped_attributes_counts,
              c.dropped_events_counts, c.dropped_links_counts, c.resource_indexes,
              c.scope_indexes) +
      BytesOf(c.resources.schema_urls, c.resources.dropped_attributes_counts,
              c.resources.entity_refs) +
      BytesOf(c.scopes.names, c.scopes.versions, c.scopes.schema_urls,
              c.scopes.dropped_attributes_counts) +
      BytesOf(c.events.span_rows, c.events.times, c.events.names,
              c.events.dropped_attributes_counts) +
      BytesOf(c.links.span_rows, c.links.trace_ids, c.links.span_ids, c.links.trace_states,
              c.links.flags, c.links.dropped_attributes_counts) +
      BytesOf(c.attributes, c.memory);
  for (const AttributeColumn& column : c.attributes) {
    bytes += BytesOf(column.rows, column.strings, column.numbers);
  }
  return bytes;
}

}  // namespace clew::model
