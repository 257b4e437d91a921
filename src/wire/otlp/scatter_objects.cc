#include "wire/otlp/scatter_objects.h"

#include <protozero/pbf_builder.hpp>

#include <bit>
#include <map>
#include <tuple>
#include <type_traits>
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

// A field of an object as it is in a column.
template <typename Object>
auto CellOf(const Object& value, Scatter&) {
  if constexpr (std::is_enum_v<Object>) {
    return static_cast<std::underlying_type_t<Object>>(value);
  } else if constexpr (std::is_same_v<Object, std::string>) {
    return std::string_view(value);
  } else {
    return value;
  }
}
std::string_view CellOf(const std::vector<model::EntityRef>& entities, Scatter& scatter) {
  return entities.empty() ? std::string_view() : scatter.Keep(EncodeEntities(entities));
}

// Adds a row to the table of `kOwner`; gives it.
template <Owner kOwner, typename Object>
std::uint32_t AddObject(const Object& object, Scatter& scatter, SpanColumns* out) {
  const auto row = static_cast<std::uint32_t>(model::RowCount(*out, kOwner));
  scatter.Attributes(kOwner, row, object.attributes);
  model::ForEachField<kOwner>(
      [&](auto field) { field.Of(*out).push_back(CellOf(field.ObjectIn(object), scatter)); });
  return row;
}

void AddSpan(const model::Span& span, Scatter& scatter, SpanColumns* out) {
  const std::uint32_t row = AddObject<Owner::kSpan>(span, scatter, out);
  out->resource_indexes.push_back(span.resource);
  out->scope_indexes.push_back(span.scope);
  for (const model::Event& event : span.events) {
    AddObject<Owner::kEvent>(event, scatter, out);
    out->events.span_rows.push_back(row);
  }
  for (const model::Link& link : span.links) {
    AddObject<Owner::kLink>(link, scatter, out);
    out->links.span_rows.push_back(row);
  }
}

}  // namespace

SpanColumns ScatterSpans(const model::TraceData& data) {
  SpanColumns columns;
  Scatter scatter(&columns);
  for (const model::Resource& resource : data.resources) {
    AddObject<Owner::kResource>(resource, scatter, &columns);
  }
  for (const model::Scope& scope : data.scopes) AddObject<Owner::kScope>(scope, scatter, &columns);
  for (const model::Span& span : data.spans) AddSpan(span, scatter, &columns);
  return columns;
}

}  // namespace clew::wire::otlp
