#include "wire/otlp/span_contents.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <tuple>
#include <variant>

#include "wire/otlp/entity_refs.h"
#include "wire/otlp/materialize.h"

namespace clew::wire::otlp {

using model::AttributeIndex;
using model::Owner;
using model::SpanColumns;
using model::Value;
using model::ValueType;

void Fingerprint::Add(std::span<const AttributeIndex::Entry> attributes) {
  Number(attributes.size());
  for (const AttributeIndex::Entry& attribute : attributes) {
    Text(attribute.key());
    Add(attribute);
  }
}

void Fingerprint::Add(const AttributeIndex::Entry& attribute) {
  const ValueType type = attribute.type();
  if (type == ValueType::kArray || type == ValueType::kKvList) {
    Add(DecodeNestedValue(type, attribute.text()));
    return;
  }
  Number(static_cast<std::uint64_t>(type));
  if (HoldsText(type)) {
    Text(attribute.text());
  } else if (type == ValueType::kDouble) {
    Real(std::bit_cast<double>(attribute.number()));
  } else if (type != ValueType::kEmpty) {
    Number(static_cast<std::uint64_t>(attribute.number()));
  }
}

// What a list holds, in one order as attributes are.
void Fingerprint::Add(const model::Attributes& attributes) {
  const auto rank = [](const model::KeyValue* attribute) {
    return std::tuple(std::string_view(attribute->key), attribute->value.type());
  };
  std::vector<const model::KeyValue*> sorted;
  sorted.reserve(attributes.size());
  for (const model::KeyValue& attribute : attributes) sorted.push_back(&attribute);
  if (!std::ranges::is_sorted(sorted, {}, rank)) std::ranges::stable_sort(sorted, {}, rank);
  Number(sorted.size());
  for (const model::KeyValue* attribute : sorted) {
    Text(attribute->key);
    Add(attribute->value);
  }
}
// Recursion ends with the nesting of a value, which decoding limits.
void Fingerprint::Add(const model::Value& value) {
  Number(value.data.index());
  if (const auto* text = std::get_if<std::string>(&value.data)) {
    Text(*text);
  } else if (const auto* truth = std::get_if<bool>(&value.data)) {
    Number(*truth ? 1 : 0);
  } else if (const auto* number = std::get_if<std::int64_t>(&value.data)) {
    Number(static_cast<std::uint64_t>(*number));
  } else if (const auto* real = std::get_if<double>(&value.data)) {
    Real(*real);
  } else if (const auto* bytes = std::get_if<model::ByteString>(&value.data)) {
    Text(bytes->bytes);
  } else if (const auto* array = std::get_if<Value::Array>(&value.data)) {
    Number(array->size());
    for (const Value& item : *array) Add(item);
  } else if (const auto* list = std::get_if<Value::KvList>(&value.data)) {
    Add(*list);
  }
}
void Fingerprint::Real(double real) {
  constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
  Number(std::bit_cast<std::uint64_t>(std::isnan(real) ? kNan : real));
}

void Fingerprint::Entities(std::string_view encoded) {
  const std::vector<model::EntityRef> entities = ReadEntityRefs(encoded);
  Number(entities.size());
  for (const model::EntityRef& entity : entities) {
    Text(entity.schema_url);
    Text(entity.type);
    for (const auto* keys : {&entity.id_keys, &entity.description_keys}) {
      Number(keys->size());
      for (const std::string& key : *keys) Text(key);
    }
  }
}

SpanContents::SpanContents(const SpanColumns& columns)
    : columns_(columns),
      spans_(columns, Owner::kSpan, columns.span_count()),
      events_(columns, Owner::kEvent, columns.events.count()),
      links_(columns, Owner::kLink, columns.links.count()),
      event_starts_(model::ChildStarts(columns.events.span_rows, columns.span_count())),
      link_starts_(model::ChildStarts(columns.links.span_rows, columns.span_count())) {}

void SpanContents::AddSpan(std::uint32_t row, Fingerprint* to) const {
  to->Fields<Owner::kSpan>(columns_, row);
  to->Add(spans_.Row(row));
  to->Number(event_starts_[row + 1] - event_starts_[row]);
  for (std::uint32_t i = event_starts_[row]; i < event_starts_[row + 1]; ++i) {
    to->Fields<Owner::kEvent>(columns_, i);
    to->Add(events_.Row(i));
  }
  to->Number(link_starts_[row + 1] - link_starts_[row]);
  for (std::uint32_t i = link_starts_[row]; i < link_starts_[row + 1]; ++i) {
    to->Fields<Owner::kLink>(columns_, i);
    to->Add(links_.Row(i));
  }
}

}  // namespace clew::wire::otlp
