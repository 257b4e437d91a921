#pragma once

#include <protozero/types.hpp>

#include <cstdint>

#include "model/span_fields.h"
#include "wire/otlp/fields.h"
#include "wire/otlp/message_schema.h"

/// How model's list of fields looks on the wire. Private to wire/otlp.
namespace clew::wire::otlp {

constexpr FieldKind KindOf(model::form::Count) { return FieldKind::kUint32; }
constexpr FieldKind KindOf(model::form::Bits) { return FieldKind::kFixed32; }
constexpr FieldKind KindOf(model::form::Time) { return FieldKind::kFixed64; }
constexpr FieldKind KindOf(model::form::Text) { return FieldKind::kString; }
template <typename Type>
constexpr FieldKind KindOf(model::form::Id<Type>) {
  return FieldKind::kId;
}
template <typename Type>
constexpr FieldKind KindOf(model::form::Enum<Type>) {
  return FieldKind::kEnum;
}
constexpr FieldKind KindOf(model::form::Entities) { return FieldKind::kMessage; }

/// What Reader::tag_and_type gives for it.
template <typename Field>
inline constexpr std::uint32_t kKeyOf =
    protozero::tag_and_type(Field::number, WireTypeOf(KindOf(typename Field::Form())));

template <typename Field>
inline constexpr bool kIsEntities = std::is_same_v<typename Field::Form, model::form::Entities>;

/// The number of its attributes; 0 when it has none.
constexpr std::uint32_t AttributesNumberOf(model::Message message) {
  using enum model::Message;
  switch (message) {
    case kResource:
      return static_cast<std::uint32_t>(field::Resource::kAttributes);
    case kScope:
      return static_cast<std::uint32_t>(field::Scope::kAttributes);
    case kSpan:
      return static_cast<std::uint32_t>(field::Span::kAttributes);
    case kEvent:
      return static_cast<std::uint32_t>(field::Event::kAttributes);
    case kLink:
      return static_cast<std::uint32_t>(field::Link::kAttributes);
    case kResourceSpans:
    case kScopeSpans:
    case kStatus:
      break;
  }
  return 0;
}

}  // namespace clew::wire::otlp
