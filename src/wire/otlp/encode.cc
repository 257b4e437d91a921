#include "wire/otlp/encode.h"

#include <protozero/pbf_builder.hpp>

#include <unordered_map>
#include <utility>
#include <vector>

#include "model/attribute_index.h"
#include "wire/otlp/fields.h"
#include "wire/otlp/scatter_objects.h"
#include "wire/otlp/value_writer.h"

namespace clew::wire::otlp {
namespace {

using model::AttributeIndex;
using model::Owner;
using model::SpanColumns;

template <typename FieldEnum>
using Builder = protozero::basic_pbf_builder<std::string, FieldEnum>;

template <typename FieldEnum>
void AddText(Builder<FieldEnum>& builder, FieldEnum field, std::string_view text) {
  if (!text.empty()) builder.add_bytes(field, text.data(), text.size());
}

template <typename FieldEnum>
void AddCount(Builder<FieldEnum>& builder, FieldEnum field, std::uint32_t count) {
  if (count != 0) builder.add_uint32(field, count);
}

template <typename FieldEnum, typename Id>
void AddId(Builder<FieldEnum>& builder, FieldEnum field, const Id& id) {
  if (id.is_zero()) return;
  builder.add_bytes(field, reinterpret_cast<const char*>(id.bytes.data()), id.bytes.size());
}

/// Resources, their scopes, and the spans of each scope, in order of first appearance.
struct Groups {
  struct ScopeGroup {
    std::uint32_t scope;
    std::vector<std::uint32_t> spans;
  };
  struct ResourceGroup {
    std::uint32_t resource;
    std::vector<ScopeGroup> scopes;
  };
  std::vector<ResourceGroup> resources;

  void Add(std::uint32_t resource, std::uint32_t scope, std::uint32_t span) {
    const auto [place, is_new] = places_.try_emplace(std::pair(resource, scope));
    if (is_new) {
      const auto [group, is_new_resource] = groups_.try_emplace(resource, resources.size());
      if (is_new_resource) resources.push_back({resource, {}});
      place->second = {group->second, resources[group->second].scopes.size()};
      resources[group->second].scopes.push_back({scope, {}});
    }
    resources[place->second.first].scopes[place->second.second].spans.push_back(span);
  }

 private:
  struct PairHash {
    std::size_t operator()(const std::pair<std::uint32_t, std::uint32_t>& pair) const {
      return std::hash<std::uint64_t>()(std::uint64_t{pair.first} << 32 | pair.second);
    }
  };
  std::unordered_map<std::pair<std::uint32_t, std::uint32_t>, std::pair<std::size_t, std::size_t>,
                     PairHash>
      places_;
  std::unordered_map<std::uint32_t, std::size_t> groups_;
};

class ColumnEncoder {
 public:
  explicit ColumnEncoder(const SpanColumns& columns)
      : columns_(columns),
        resource_attributes_(columns, Owner::kResource, columns.resources.count()),
        scope_attributes_(columns, Owner::kScope, columns.scopes.count()),
        span_attributes_(columns, Owner::kSpan, columns.span_count()),
        event_attributes_(columns, Owner::kEvent, columns.events.count()),
        link_attributes_(columns, Owner::kLink, columns.links.count()),
        event_starts_(model::ChildStarts(columns.events.span_rows, columns.span_count())),
        link_starts_(model::ChildStarts(columns.links.span_rows, columns.span_count())) {}

  std::string Encode() const {
    Groups groups;
    for (std::uint32_t span = 0; span < columns_.span_count(); ++span) {
      groups.Add(columns_.resource_indexes[span], columns_.scope_indexes[span], span);
    }
    std::string out;
    Builder<field::Request> request(out);
    for (const Groups::ResourceGroup& group : groups.resources) {
      Builder<field::ResourceSpans> resource_spans(request, field::Request::kResourceSpans);
      Resource(group.resource, resource_spans);
      for (const Groups::ScopeGroup& scope : group.scopes) {
        Builder<field::ScopeSpans> scope_spans(resource_spans, field::ResourceSpans::kScopeSpans);
        Scope(scope.scope, scope_spans);
        for (const std::uint32_t span : scope.spans) Span(span, scope_spans);
        AddText(scope_spans, field::ScopeSpans::kSchemaUrl,
                columns_.scopes.schema_urls[scope.scope]);
      }
      AddText(resource_spans, field::ResourceSpans::kSchemaUrl,
              columns_.resources.schema_urls[group.resource]);
    }
    return out;
  }

 private:
  // The attributes of one row as KeyValue fields `tag`.
  static std::string Attributes(std::uint32_t tag, const AttributeIndex& index, std::size_t row) {
    std::string out;
    for (const AttributeIndex::Entry& entry : index.Row(row)) {
      WriteKeyValue(tag, entry.key(), entry.type(), entry.text(), entry.number(), &out);
    }
    return out;
  }

  void Resource(std::uint32_t row, Builder<field::ResourceSpans>& parent) const {
    std::string message = Attributes(1, resource_attributes_, row);
    Builder<field::Resource> builder(message);
    AddCount(builder, field::Resource::kDropped, columns_.resources.dropped_attributes_counts[row]);
    message.append(columns_.resources.entity_refs[row]);
    parent.add_message(field::ResourceSpans::kResource, message);
  }

  void Scope(std::uint32_t row, Builder<field::ScopeSpans>& parent) const {
    std::string message;
    Builder<field::Scope> builder(message);
    AddText(builder, field::Scope::kName, columns_.scopes.names[row]);
    AddText(builder, field::Scope::kVersion, columns_.scopes.versions[row]);
    message += Attributes(3, scope_attributes_, row);
    AddCount(builder, field::Scope::kDropped, columns_.scopes.dropped_attributes_counts[row]);
    parent.add_message(field::ScopeSpans::kScope, message);
  }

  void Span(std::uint32_t row, Builder<field::ScopeSpans>& parent) const {
    std::string message;
    Builder<field::Span> builder(message);
    AddId(builder, field::Span::kTraceId, columns_.trace_ids[row]);
    AddId(builder, field::Span::kSpanId, columns_.span_ids[row]);
    AddText(builder, field::Span::kTraceState, columns_.trace_states[row]);
    AddId(builder, field::Span::kParentSpanId, columns_.parent_span_ids[row]);
    AddText(builder, field::Span::kName, columns_.names[row]);
    if (columns_.kinds[row] != 0) builder.add_enum(field::Span::kKind, columns_.kinds[row]);
    builder.add_fixed64(field::Span::kStart, static_cast<std::uint64_t>(columns_.starts[row]));
    builder.add_fixed64(field::Span::kEnd, static_cast<std::uint64_t>(columns_.ends[row]));
    message += Attributes(9, span_attributes_, row);
    AddCount(builder, field::Span::kDroppedAttributes, columns_.dropped_attributes_counts[row]);
    for (std::uint32_t i = event_starts_[row]; i < event_starts_[row + 1]; ++i) Event(i, builder);
    AddCount(builder, field::Span::kDroppedEvents, columns_.dropped_events_counts[row]);
    for (std::uint32_t i = link_starts_[row]; i < link_starts_[row + 1]; ++i) Link(i, builder);
    AddCount(builder, field::Span::kDroppedLinks, columns_.dropped_links_counts[row]);
    if (columns_.status_codes[row] != 0 || !columns_.status_messages[row].empty()) {
      Builder<field::SpanStatus> status(builder, field::Span::kStatus);
      AddText(status, field::SpanStatus::kMessage, columns_.status_messages[row]);
      status.add_enum(field::SpanStatus::kCode, columns_.status_codes[row]);
    }
    if (columns_.flags[row] != 0) builder.add_fixed32(field::Span::kFlags, columns_.flags[row]);
    parent.add_message(field::ScopeSpans::kSpans, message);
  }

  void Event(std::uint32_t row, Builder<field::Span>& parent) const {
    std::string message;
    Builder<field::Event> builder(message);
    builder.add_fixed64(field::Event::kTime,
                        static_cast<std::uint64_t>(columns_.events.times[row]));
    AddText(builder, field::Event::kName, columns_.events.names[row]);
    message += Attributes(3, event_attributes_, row);
    AddCount(builder, field::Event::kDropped, columns_.events.dropped_attributes_counts[row]);
    parent.add_message(field::Span::kEvents, message);
  }

  void Link(std::uint32_t row, Builder<field::Span>& parent) const {
    std::string message;
    Builder<field::Link> builder(message);
    AddId(builder, field::Link::kTraceId, columns_.links.trace_ids[row]);
    AddId(builder, field::Link::kSpanId, columns_.links.span_ids[row]);
    AddText(builder, field::Link::kTraceState, columns_.links.trace_states[row]);
    message += Attributes(4, link_attributes_, row);
    AddCount(builder, field::Link::kDropped, columns_.links.dropped_attributes_counts[row]);
    if (columns_.links.flags[row] != 0) {
      builder.add_fixed32(field::Link::kFlags, columns_.links.flags[row]);
    }
    parent.add_message(field::Span::kLinks, message);
  }

  const SpanColumns& columns_;
  const AttributeIndex resource_attributes_;
  const AttributeIndex scope_attributes_;
  const AttributeIndex span_attributes_;
  const AttributeIndex event_attributes_;
  const AttributeIndex link_attributes_;
  const std::vector<std::uint32_t> event_starts_;
  const std::vector<std::uint32_t> link_starts_;
};

}  // namespace

std::string EncodeRequest(const SpanColumns& columns) { return ColumnEncoder(columns).Encode(); }

std::string EncodeRequest(const model::TraceData& data) {
  return EncodeRequest(ScatterSpans(data));
}

}  // namespace clew::wire::otlp
