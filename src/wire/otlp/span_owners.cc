#include "wire/otlp/span_owners.h"

#include "wire/otlp/entity_refs.h"

namespace clew::wire::otlp {

using model::Owner;

AttributeScatter::Row SpanOwners::BeginResource() {
  const std::uint32_t resource = RowOf(state_.out.resources.count());
  model::AddRow<Owner::kResource>(&state_.out);
  entity_ref_count_ = 0;
  return AttributeScatter::Begin(Owner::kResource, resource);
}

void SpanOwners::EndResource(const AttributeScatter::Row& row) {
  model::SpanColumns::Resources& resources = state_.out.resources;
  AddCount(row.index, row.dropped, &resources.dropped_attributes_counts);
  resources.entity_refs.Set(row.index, entities_.Take(state_.attributes.memory()));
}

void SpanOwners::Resource(std::string_view message, AttributeScatter::Row& row) {
  Reader reader = ReaderOf(message);
  while (state_.Next(reader)) {
    const auto tag = TagOf<field::Resource>(reader);
    const char* begin = state_.position;
    if (IsBytes(reader) && tag == field::Resource::kAttributes) {
      state_.attributes.Add(row, ReadView(reader));
    } else if (IsVarint(reader) && tag == field::Resource::kDropped) {
      state_.out.resources.dropped_attributes_counts.Set(row.index, reader.get_uint32());
    } else if (IsBytes(reader) && tag == field::Resource::kEntityRefs) {
      const std::string_view entity_ref = ReadView(reader);
      EntityRef(entity_ref, {begin, static_cast<std::size_t>(reader.data().data() - begin)});
    } else {
      reader.skip();
    }
  }
}

// `field` is the message with its tag.
void SpanOwners::EntityRef(std::string_view message, std::string_view field) {
  if (entity_ref_count_ < state_.limits.entity_ref_count_max &&
      IsEntityRefKept(message, state_.limits)) {
    ++entity_ref_count_;
    entities_.Add(field);
  } else {
    state_.counts.entity_refs_dropped.fetch_add(1, std::memory_order_relaxed);
  }
}

AttributeScatter::Row SpanOwners::BeginScope() {
  const std::uint32_t scope = RowOf(state_.out.scopes.count());
  model::AddRow<Owner::kScope>(&state_.out);
  return AttributeScatter::Begin(Owner::kScope, scope);
}

void SpanOwners::EndScope(const AttributeScatter::Row& row) {
  AddCount(row.index, row.dropped, &state_.out.scopes.dropped_attributes_counts);
}

void SpanOwners::Scope(std::string_view message, AttributeScatter::Row& row) {
  Reader reader = ReaderOf(message);
  while (state_.Next(reader)) {
    const auto tag = TagOf<field::Scope>(reader);
    if (IsBytes(reader) && tag == field::Scope::kName) {
      state_.out.scopes.names.Set(row.index, state_.Name(ReadView(reader)));
    } else if (IsBytes(reader) && tag == field::Scope::kVersion) {
      state_.out.scopes.versions.Set(row.index, state_.Name(ReadView(reader)));
    } else if (IsBytes(reader) && tag == field::Scope::kAttributes) {
      state_.attributes.Add(row, ReadView(reader));
    } else if (IsVarint(reader) && tag == field::Scope::kDropped) {
      state_.out.scopes.dropped_attributes_counts.Set(row.index, reader.get_uint32());
    } else {
      reader.skip();
    }
  }
}

}  // namespace clew::wire::otlp
