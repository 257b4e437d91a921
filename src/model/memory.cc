#include "model/memory.h"

#include <vector>

namespace clew::model {
namespace {

// What the allocator adds to a block.
constexpr std::uint64_t kBlockOverhead = 16;

template <typename T>
std::uint64_t HeapOf(const std::vector<T>& values) {
  return values.capacity() == 0 ? 0 : values.capacity() * sizeof(T) + kBlockOverhead;
}

template <typename... Vectors>
std::uint64_t HeapOfAll(const Vectors&... vectors) {
  return (HeapOf(vectors) + ...);
}

}  // namespace

std::uint64_t TableBytes(const SpanColumns& columns) {
  const SpanColumns::Resources& resources = columns.resources;
  const SpanColumns::Scopes& scopes = columns.scopes;
  const SpanColumns::Events& events = columns.events;
  const SpanColumns::Links& links = columns.links;
  std::uint64_t size = sizeof(SpanColumns);
  size += HeapOfAll(columns.trace_ids, columns.span_ids, columns.parent_span_ids, columns.starts,
                    columns.ends, columns.kinds, columns.status_codes, columns.flags, columns.names,
                    columns.status_messages, columns.trace_states,
                    columns.dropped_attributes_counts, columns.dropped_events_counts,
                    columns.dropped_links_counts, columns.resource_indexes, columns.scope_indexes);
  size +=
      HeapOfAll(resources.schema_urls, resources.dropped_attributes_counts, resources.entity_refs);
  size += HeapOfAll(scopes.names, scopes.versions, scopes.schema_urls,
                    scopes.dropped_attributes_counts);
  size += HeapOfAll(events.span_rows, events.times, events.names, events.dropped_attributes_counts);
  size += HeapOfAll(links.span_rows, links.trace_ids, links.span_ids, links.trace_states,
                    links.flags, links.dropped_attributes_counts);
  size += HeapOfAll(columns.attributes, columns.memory);
  for (const AttributeColumn& column : columns.attributes) {
    size += HeapOfAll(column.rows, column.strings, column.numbers);
  }
  return size;
}

std::uint64_t MemoryOf(const SpanColumns& columns) {
  std::uint64_t size = TableBytes(columns);
  for (const Bytes& bytes : columns.memory) size += bytes.size();
  return size;
}

}  // namespace clew::model
