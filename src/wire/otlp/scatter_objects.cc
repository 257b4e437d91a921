#include "wire/otlp/scatter_objects.h"

#include <protozero/pbf_builder.hpp>

#include <bit>
#include <map>
#include <tuple>
#include <utility>

#include "wire/otlp/fields.h"
#include "wire/otlp/materialize.h"
#include "wire/otlp/value_writer.h"

namespace clew::wire::otlp {
namespace {

using model::Owner;
using model::SpanColumns;
using model::Value;
using model::ValueType;

class Scatter {
 public:
  explicit Scatter(SpanColumns* out) : out_(out) {}

  void Attributes(Owner owner, std::size_t row, const model::Attributes& attributes) {
    for (const model::KeyValue& attribute : attributes) {
      model::AttributeColumn& column = Column(owner, attribute.key, attribute.value.type());
      column.rows.push_back(static_cast<std::uint32_t>(row));
      Push(attribute.value, &column);
    }
  }

  // Keeps text that is made here alive with the columns.
  std::string_view Keep(std::string text) {
    out_->memory.emplace_back(std::move(text));
    return out_->memory.back().view();
  }

 private:
  model::AttributeColumn& Column(Owner owner, std::string_view key, ValueType type) {
    const auto [entry, is_new] =
        columns_.try_emplace(std::tuple(owner, key, type), out_->attributes.size());
    if (is_new) out_->attributes.push_back({owner, type, key, {}, {}, {}});
    return out_->attributes[entry->second];
  }

  void Push(const Value& value, model::AttributeColumn* column) {
    switch (value.type()) {
      case ValueType::kEmpty:
        break;
      case ValueType::kString:
        column->strings.push_back(std::get<std::string>(value.data));
        break;
      case ValueType::kBool:
        column->numbers.push_back(std::get<bool>(value.data) ? 1 : 0);
        break;
      case ValueType::kInt:
        column->numbers.push_back(std::get<std::int64_t>(value.data));
        break;
      case ValueType::kDouble:
        column->numbers.push_back(std::bit_cast<std::int64_t>(std::get<double>(value.data)));
        break;
      case ValueType::kBytes:
        column->strings.push_back(std::get<model::ByteString>(value.data).bytes);
        break;
      case ValueType::kArray:
      case ValueType::kKvList:
        column->strings.push_back(Keep(EncodeNestedValue(value)));
        break;
    }
  }

  SpanColumns* out_;
  std::map<std::tuple<Owner, std::string_view, ValueType>, std::size_t> columns_;
};

std::string EncodeEntities(const std::vector<model::EntityRef>& entities) {
  using Builder = protozero::basic_pbf_builder<std::string, field::Entity>;
  std::string out;
  for (const model::EntityRef& entity : entities) {
    protozero::pbf_writer parent(out);
    Builder builder(parent, static_cast<protozero::pbf_tag_type>(field::Resource::kEntityRefs));
    if (!entity.schema_url.empty())
      builder.add_string(field::Entity::kSchemaUrl, entity.schema_url);
    if (!entity.type.empty()) builder.add_string(field::Entity::kType, entity.type);
    for (const std::string& key : entity.id_keys) builder.add_string(field::Entity::kIdKeys, key);
    for (const std::string& key : entity.description_keys) {
      builder.add_string(field::Entity::kDescriptionKeys, key);
    }
  }
  return out;
}

void AddResources(const model::TraceData& data, Scatter& scatter, SpanColumns* out) {
  for (const model::Resource& resource : data.resources) {
    scatter.Attributes(Owner::kResource, out->resources.count(), resource.attributes);
    out->resources.schema_urls.push_back(resource.schema_url);
    out->resources.dropped_attributes_counts.push_back(resource.dropped_attributes_count);
    out->resources.entity_refs.push_back(resource.entity_refs.empty()
                                             ? std::string_view()
                                             : scatter.Keep(EncodeEntities(resource.entity_refs)));
  }
}

void AddScopes(const model::TraceData& data, Scatter& scatter, SpanColumns* out) {
  for (const model::Scope& scope : data.scopes) {
    scatter.Attributes(Owner::kScope, out->scopes.count(), scope.attributes);
    out->scopes.names.push_back(scope.name);
    out->scopes.versions.push_back(scope.version);
    out->scopes.schema_urls.push_back(scope.schema_url);
    out->scopes.dropped_attributes_counts.push_back(scope.dropped_attributes_count);
  }
}

void AddEvent(const model::Event& event, std::uint32_t span, Scatter& scatter, SpanColumns* out) {
  scatter.Attributes(Owner::kEvent, out->events.count(), event.attributes);
  out->events.span_rows.push_back(span);
  out->events.times.push_back(event.time);
  out->events.names.push_back(event.name);
  out->events.dropped_attributes_counts.push_back(event.dropped_attributes_count);
}

void AddLink(const model::Link& link, std::uint32_t span, Scatter& scatter, SpanColumns* out) {
  scatter.Attributes(Owner::kLink, out->links.count(), link.attributes);
  out->links.span_rows.push_back(span);
  out->links.trace_ids.push_back(link.trace_id);
  out->links.span_ids.push_back(link.span_id);
  out->links.trace_states.push_back(link.trace_state);
  out->links.flags.push_back(link.flags);
  out->links.dropped_attributes_counts.push_back(link.dropped_attributes_count);
}

void AddSpan(const model::Span& span, Scatter& scatter, SpanColumns* out) {
  const auto row = static_cast<std::uint32_t>(out->span_count());
  scatter.Attributes(Owner::kSpan, row, span.attributes);
  for (const model::Event& event : span.events) AddEvent(event, row, scatter, out);
  for (const model::Link& link : span.links) AddLink(link, row, scatter, out);
  out->trace_ids.push_back(span.trace_id);
  out->span_ids.push_back(span.span_id);
  out->parent_span_ids.push_back(span.parent_span_id);
  out->starts.push_back(span.start);
  out->ends.push_back(span.end);
  out->kinds.push_back(static_cast<std::int32_t>(span.kind));
  out->status_codes.push_back(static_cast<std::int32_t>(span.status));
  out->flags.push_back(span.flags);
  out->names.push_back(span.name);
  out->status_messages.push_back(span.status_message);
  out->trace_states.push_back(span.trace_state);
  out->dropped_attributes_counts.push_back(span.dropped_attributes_count);
  out->dropped_events_counts.push_back(span.dropped_events_count);
  out->dropped_links_counts.push_back(span.dropped_links_count);
  out->resource_indexes.push_back(span.resource);
  out->scope_indexes.push_back(span.scope);
}

}  // namespace

SpanColumns ScatterSpans(const model::TraceData& data) {
  SpanColumns columns;
  Scatter scatter(&columns);
  AddResources(data, scatter, &columns);
  AddScopes(data, scatter, &columns);
  for (const model::Span& span : data.spans) AddSpan(span, scatter, &columns);
  return columns;
}

}  // namespace clew::wire::otlp
