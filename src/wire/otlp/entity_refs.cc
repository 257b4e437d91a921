#include "wire/otlp/entity_refs.h"

#include <protozero/exception.hpp>

#include <utility>

#include "wire/otlp/fields.h"

namespace clew::wire::otlp {
namespace {

// Calls `visit(field, text)` for each text of an EntityRef message. Throws protozero's exceptions.
template <typename Visit>
void ForEachText(std::string_view message, Visit visit) {
  Reader reader = ReaderOf(message);
  while (reader.next()) {
    const auto tag = TagOf<field::Entity>(reader);
    if (!IsBytes(reader)) {
      reader.skip();
    } else {
      visit(tag, ReadView(reader));
    }
  }
}

bool IsKey(field::Entity tag) {
  return tag == field::Entity::kIdKeys || tag == field::Entity::kDescriptionKeys;
}

model::EntityRef ReadEntityRef(std::string_view message) {
  model::EntityRef entity;
  ForEachText(message, [&entity](field::Entity tag, std::string_view text) {
    switch (tag) {
      case field::Entity::kSchemaUrl:
        entity.schema_url = text;
        break;
      case field::Entity::kType:
        entity.type = text;
        break;
      case field::Entity::kIdKeys:
        entity.id_keys.emplace_back(text);
        break;
      case field::Entity::kDescriptionKeys:
        entity.description_keys.emplace_back(text);
        break;
    }
  });
  return entity;
}

}  // namespace

bool IsEntityRefKept(std::string_view message, const DecodeLimits& limits) {
  if (message.size() > limits.attribute_value_bytes_max) return false;
  std::uint64_t key_count = 0;
  try {
    ForEachText(message, [&key_count](field::Entity tag, std::string_view) {
      if (IsKey(tag)) ++key_count;
    });
  } catch (const protozero::exception&) {
    return false;
  }
  return key_count <= limits.attribute_count_max;
}

bool AreWellFormedEntityRefs(std::string_view fields) {
  try {
    Reader reader = ReaderOf(fields);
    while (reader.next()) {
      if (!IsBytes(reader) || TagOf<field::Resource>(reader) != field::Resource::kEntityRefs) {
        return false;
      }
      ForEachText(ReadView(reader), [](field::Entity, std::string_view) {});
    }
  } catch (const protozero::exception&) {
    return false;
  }
  return true;
}

std::vector<model::EntityRef> ReadEntityRefs(std::string_view fields) {
  std::vector<model::EntityRef> entities;
  try {
    Reader reader = ReaderOf(fields);
    while (reader.next()) entities.push_back(ReadEntityRef(ReadView(reader)));
  } catch (const protozero::exception&) {
    // Older logs and blocks may hold such.
  }
  return entities;
}

}  // namespace clew::wire::otlp
