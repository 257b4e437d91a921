#include "wire/otlp/materialize.h"

#include <bit>
#include <string>

#include "model/attribute_index.h"
#include "wire/otlp/entity_refs.h"

namespace clew::wire::otlp {
namespace {

using model::AttributeIndex;
using model::Attributes;
using model::Owner;
using model::SpanColumns;
using model::Value;
using model::ValueType;

Attributes RowAttributes(const AttributeIndex& index, std::size_t row) {
  Attributes attributes;
  attributes.reserve(index.Row(row).size());
  for (const AttributeIndex::Entry& entry : index.Row(row)) {
    attributes.push_back(
        {std::string(entry.key()), ValueOf(entry.type(), entry.text(), entry.number())});
  }
  return attributes;
}

void AddResources(const SpanColumns& columns, model::TraceData* out) {
  const AttributeIndex attributes(columns, Owner::kResource, columns.resources.count());
  for (std::size_t row = 0; row < columns.resources.count(); ++row) {
    model::Resource& resource = out->resources.emplace_back();
    resource.attributes = RowAttributes(attributes, row);
    resource.dropped_attributes_count = columns.resources.dropped_attributes_counts[row];
    resource.schema_url = columns.resources.schema_urls[row];
    resource.entity_refs = ReadEntityRefs(columns.resources.entity_refs[row]);
  }
}

void AddScopes(const SpanColumns& columns, model::TraceData* out) {
  const AttributeIndex attributes(columns, Owner::kScope, columns.scopes.count());
  for (std::size_t row = 0; row < columns.scopes.count(); ++row) {
    model::Scope& scope = out->scopes.emplace_back();
    scope.name = columns.scopes.names[row];
    scope.version = columns.scopes.versions[row];
    scope.attributes = RowAttributes(attributes, row);
    scope.dropped_attributes_count = columns.scopes.dropped_attributes_counts[row];
    scope.schema_url = columns.scopes.schema_urls[row];
  }
}

void AddSpans(const SpanColumns& columns, model::TraceData* out) {
  const AttributeIndex attributes(columns, Owner::kSpan, columns.span_count());
  for (std::size_t row = 0; row < columns.span_count(); ++row) {
    model::Span& span = out->spans.emplace_back();
    span.trace_id = columns.trace_ids[row];
    span.span_id = columns.span_ids[row];
    span.parent_span_id = columns.parent_span_ids[row];
    span.trace_state = columns.trace_states[row];
    span.name = columns.names[row];
    span.kind = static_cast<model::SpanKind>(columns.kinds[row]);
    span.status = static_cast<model::StatusCode>(columns.status_codes[row]);
    span.status_message = columns.status_messages[row];
    span.flags = columns.flags[row];
    span.start = columns.starts[row];
    span.end = columns.ends[row];
    span.attributes = RowAttributes(attributes, row);
    span.dropped_attributes_count = columns.dropped_attributes_counts[row];
    span.dropped_events_count = columns.dropped_events_counts[row];
    span.dropped_links_count = columns.dropped_links_counts[row];
    span.resource = columns.resource_indexes[row];
    span.scope = columns.scope_indexes[row];
  }
}

void AddEvents(const SpanColumns& columns, model::TraceData* out) {
  const AttributeIndex attributes(columns, Owner::kEvent, columns.events.count());
  for (std::size_t row = 0; row < columns.events.count(); ++row) {
    model::Event& event = out->spans[columns.events.span_rows[row]].events.emplace_back();
    event.time = columns.events.times[row];
    event.name = columns.events.names[row];
    event.attributes = RowAttributes(attributes, row);
    event.dropped_attributes_count = columns.events.dropped_attributes_counts[row];
  }
}

void AddLinks(const SpanColumns& columns, model::TraceData* out) {
  const AttributeIndex attributes(columns, Owner::kLink, columns.links.count());
  for (std::size_t row = 0; row < columns.links.count(); ++row) {
    model::Link& link = out->spans[columns.links.span_rows[row]].links.emplace_back();
    link.trace_id = columns.links.trace_ids[row];
    link.span_id = columns.links.span_ids[row];
    link.trace_state = columns.links.trace_states[row];
    link.flags = columns.links.flags[row];
    link.attributes = RowAttributes(attributes, row);
    link.dropped_attributes_count = columns.links.dropped_attributes_counts[row];
  }
}

}  // namespace

Value ValueOf(ValueType type, std::string_view text, std::int64_t number) {
  switch (type) {
    case ValueType::kEmpty:
      break;
    case ValueType::kString:
      return Value{std::string(text)};
    case ValueType::kBool:
      return Value{number != 0};
    case ValueType::kInt:
      return Value{number};
    case ValueType::kDouble:
      return Value{std::bit_cast<double>(number)};
    case ValueType::kBytes:
      return Value{model::ByteString{std::string(text)}};
    case ValueType::kArray:
    case ValueType::kKvList:
      return DecodeNestedValue(type, text);
  }
  return Value{};
}

model::TraceData MaterializeSpans(const SpanColumns& columns) {
  model::TraceData data;
  AddResources(columns, &data);
  AddScopes(columns, &data);
  AddSpans(columns, &data);
  AddEvents(columns, &data);
  AddLinks(columns, &data);
  return data;
}

}  // namespace clew::wire::otlp
