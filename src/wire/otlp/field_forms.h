#pragma once

#include <protozero/types.hpp>

#include <algorithm>
#include <cstdint>
#include <type_traits>

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

template <typename Field>
inline constexpr bool kIsEntities = std::is_same_v<typename Field::Form, model::form::Entities>;

/// The largest number of a listed field in its message.
inline constexpr std::uint32_t kListedNumberMax = [] {
  std::uint32_t max = 0;
  model::ForEach(model::AllFields(),
                 [&](auto field) { max = std::max(max, decltype(field)::number); });
  return max;
}();

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
