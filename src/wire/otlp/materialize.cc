#include "wire/otlp/materialize.h"

#include <bit>
#include <string>

#include "model/attribute_index.h"
#include "wire/otlp/entity_refs.h"
#include "wire/otlp/field_forms.h"

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

// A row of the table of `kOwner` as an object.
template <Owner kOwner, typename Object>
void FillObject(const SpanColumns& columns, const AttributeIndex& attributes, std::size_t row,
                Object* object) {
  object->attributes = RowAttributes(attributes, row);
  model::ForEachField<kOwner>([&](auto field) {
    using Field = decltype(field);
    auto& value = field.ObjectIn(*object);
    if constexpr (kIsEntities<Field>) {
      value = ReadEntityRefs(field.Of(columns)[row]);
    } else {
      value = static_cast<typename Field::Form::Object>(field.Of(columns)[row]);
    }
  });
}

// Calls `object_of(row)` for the object of each row of the table of `kOwner`, and fills it.
template <Owner kOwner, typename ObjectOf>
void FillObjects(const SpanColumns& columns, const ObjectOf& object_of) {
  const std::size_t count = model::RowCount(columns, kOwner);
  const AttributeIndex attributes(columns, kOwner, count);
  for (std::size_t row = 0; row < count; ++row) {
    FillObject<kOwner>(columns, attributes, row, &object_of(row));
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
  data.resources.resize(columns.resources.count());
  data.scopes.resize(columns.scopes.count());
  data.spans.resize(columns.span_count());
  FillObjects<Owner::kResource>(columns,
                                [&](std::size_t row) -> auto& { return data.resources[row]; });
  FillObjects<Owner::kScope>(columns, [&](std::size_t row) -> auto& { return data.scopes[row]; });
  FillObjects<Owner::kSpan>(columns, [&](std::size_t row) -> auto& { return data.spans[row]; });
  for (std::size_t row = 0; row < columns.span_count(); ++row) {
    data.spans[row].resource = columns.resource_indexes[row];
    data.spans[row].scope = columns.scope_indexes[row];
  }
  FillObjects<Owner::kEvent>(columns, [&](std::size_t row) -> auto& {
    return data.spans[columns.events.span_rows[row]].events.emplace_back();
  });
  FillObjects<Owner::kLink>(columns, [&](std::size_t row) -> auto& {
    return data.spans[columns.links.span_rows[row]].links.emplace_back();
  });
  return data;
}

}  // namespace clew::wire::otlp
