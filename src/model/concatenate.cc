#include "model/concatenate.h"

#include <array>
#include <map>
#include <tuple>

namespace clew::model {
namespace {

template <typename T>
void Append(const std::vector<T>& from, std::vector<T>* to) {
  to->insert(to->end(), from.begin(), from.end());
}

void AppendShifted(const std::vector<std::uint32_t>& from, std::size_t shift,
                   std::vector<std::uint32_t>* to) {
  for (const std::uint32_t row : from) to->push_back(row + static_cast<std::uint32_t>(shift));
}

void AppendTables(const SpanColumns& part, SpanColumns* out) {
  AppendShifted(part.events.span_rows, out->span_count(), &out->events.span_rows);
  Append(part.events.times, &out->events.times);
  Append(part.events.names, &out->events.names);
  Append(part.events.dropped_attributes_counts, &out->events.dropped_attributes_counts);
  AppendShifted(part.links.span_rows, out->span_count(), &out->links.span_rows);
  Append(part.links.trace_ids, &out->links.trace_ids);
  Append(part.links.span_ids, &out->links.span_ids);
  Append(part.links.trace_states, &out->links.trace_states);
  Append(part.links.flags, &out->links.flags);
  Append(part.links.dropped_attributes_counts, &out->links.dropped_attributes_counts);
  AppendShifted(part.resource_indexes, out->resources.count(), &out->resource_indexes);
  AppendShifted(part.scope_indexes, out->scopes.count(), &out->scope_indexes);
  Append(part.resources.schema_urls, &out->resources.schema_urls);
  Append(part.resources.dropped_attributes_counts, &out->resources.dropped_attributes_counts);
  Append(part.resources.entity_refs, &out->resources.entity_refs);
  Append(part.scopes.names, &out->scopes.names);
  Append(part.scopes.versions, &out->scopes.versions);
  Append(part.scopes.schema_urls, &out->scopes.schema_urls);
  Append(part.scopes.dropped_attributes_counts, &out->scopes.dropped_attributes_counts);
}

void AppendSpans(const SpanColumns& part, SpanColumns* out) {
  Append(part.trace_ids, &out->trace_ids);
  Append(part.span_ids, &out->span_ids);
  Append(part.parent_span_ids, &out->parent_span_ids);
  Append(part.starts, &out->starts);
  Append(part.ends, &out->ends);
  Append(part.kinds, &out->kinds);
  Append(part.status_codes, &out->status_codes);
  Append(part.flags, &out->flags);
  Append(part.names, &out->names);
  Append(part.status_messages, &out->status_messages);
  Append(part.trace_states, &out->trace_states);
  Append(part.dropped_attributes_counts, &out->dropped_attributes_counts);
  Append(part.dropped_events_counts, &out->dropped_events_counts);
  Append(part.dropped_links_counts, &out->dropped_links_counts);
  Append(part.memory, &out->memory);
}

}  // namespace

SpanColumns ConcatenateSpans(const std::vector<SpanColumnsPtr>& parts) {
  SpanColumns out;
  std::map<std::tuple<Owner, std::string_view, ValueType>, std::size_t> known;
  for (const SpanColumnsPtr& part : parts) {
    const std::array<std::size_t, 5> shifts = {out.span_count(), out.resources.count(),
                                               out.scopes.count(), out.events.count(),
                                               out.links.count()};
    for (const AttributeColumn& column : part->attributes) {
      const auto [entry, is_new] = known.try_emplace(
          std::tuple(column.owner, column.key, column.type), out.attributes.size());
      if (is_new) out.attributes.push_back({column.owner, column.type, column.key, {}, {}, {}});
      AttributeColumn& target = out.attributes[entry->second];
      AppendShifted(column.rows, shifts[static_cast<std::size_t>(column.owner)], &target.rows);
      Append(column.strings, &target.strings);
      Append(column.numbers, &target.numbers);
    }
    AppendTables(*part, &out);
    AppendSpans(*part, &out);
  }
  return out;
}

}  // namespace clew::model
