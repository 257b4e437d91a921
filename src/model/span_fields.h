#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "base/vocabulary.h"
#include "model/field_list.h"
#include "model/value.h"

namespace clew::model {

enum class SpanKind : std::int32_t;
enum class StatusCode : std::int32_t;
struct EntityRef;

/// The messages of OTLP in which the fields stand.
enum class Message : std::uint8_t {
  kResourceSpans,
  kResource,
  kScopeSpans,
  kScope,
  kSpan,
  kStatus,
  kEvent,
  kLink,
};

/// Whose table has a column for the fields of the message.
constexpr Owner OwnerOf(Message message) {
  switch (message) {
    case Message::kResourceSpans:
    case Message::kResource:
      return Owner::kResource;
    case Message::kScopeSpans:
    case Message::kScope:
      return Owner::kScope;
    case Message::kEvent:
      return Owner::kEvent;
    case Message::kLink:
      return Owner::kLink;
    case Message::kSpan:
    case Message::kStatus:
      break;
  }
  return Owner::kSpan;
}

/// How fields are written in OTLP, and which type they have in an object and in a column.
namespace form {

/// A varint.
struct Count {
  using Object = std::uint32_t;
  using Cell = std::uint32_t;
};
/// Of fixed width.
struct Bits : Count {};
struct Time {
  using Object = UnixNanos;
  using Cell = UnixNanos;
};
struct Text {
  using Object = std::string;
  using Cell = std::string_view;
};
/// A text that the limit of names is for.
struct Name : Text {};
template <typename Type>
struct Id {
  using Object = Type;
  using Cell = Type;
};
template <typename Type>
struct Enum {
  using Object = Type;
  using Cell = std::int32_t;
};
/// In a column the fields as they are encoded, with their tags.
struct Entities {
  using Object = std::vector<EntityRef>;
  using Cell = std::string_view;
};

}  // namespace form

/// The table of an owner in SpanColumns.
template <Owner kOwner, typename Columns>
constexpr auto& TableOf(Columns& columns) {
  if constexpr (kOwner == Owner::kResource) {
    return columns.resources;
  } else if constexpr (kOwner == Owner::kScope) {
    return columns.scopes;
  } else if constexpr (kOwner == Owner::kEvent) {
    return columns.events;
  } else if constexpr (kOwner == Owner::kLink) {
    return columns.links;
  } else {
    return columns;
  }
}

/// A line of the list as a type: fields::DroppedLinks.
namespace fields {

// Of gives its column in SpanColumns, In its member of a table or Row, ObjectIn that of an object.
#define CLEW_FIELD(Id, column, object, Form_, message_, number_, name_, stored_, title_) \
  struct Id {                                                                            \
    using Form = form::Form_;                                                            \
    using Cell = Form::Cell;                                                             \
    static constexpr Message message = Message::message_;                                \
    static constexpr Owner owner = OwnerOf(message);                                     \
    static constexpr std::uint32_t number = number_;                                     \
    static constexpr std::uint8_t stored = stored_;                                      \
    static constexpr std::string_view name = name_;                                      \
    static constexpr std::string_view title = title_;                                    \
    static constexpr auto& In(auto& table) { return table.column; }                      \
    static constexpr auto& Of(auto& columns) { return In(TableOf<owner>(columns)); }     \
    static constexpr auto& ObjectIn(auto& item) { return item.object; }                  \
  };
CLEW_FIELDS(CLEW_FIELD)
#undef CLEW_FIELD

}  // namespace fields

template <typename... Field>
struct FieldList {};

template <typename... A, typename... B>
FieldList<A..., B...> operator+(FieldList<A...>, FieldList<B...>);

#define CLEW_ONE(Id, ...) +FieldList<fields::Id>()
using AllFields = decltype(FieldList<>() CLEW_FIELDS(CLEW_ONE));
#undef CLEW_ONE

constexpr bool BelongsTo(Owner owner, Message message) { return owner == OwnerOf(message); }
constexpr bool BelongsTo(Message of, Message message) { return of == message; }

template <auto kOf, typename... Field>
auto Belonging(FieldList<Field...>) -> decltype((
    FieldList<>() + ... +
    std::conditional_t<BelongsTo(kOf, Field::message), FieldList<Field>, FieldList<>>()));

/// Those of the table of an owner, or of a message.
template <auto kOf>
using FieldsOf = decltype(Belonging<kOf>(AllFields()));

template <typename... Field, typename Visit>
constexpr void ForEach(FieldList<Field...>, [[maybe_unused]] Visit visit) {
  (static_cast<void>(visit(Field())), ...);
}
template <typename... Field, typename Visit>
constexpr bool AnyOf(FieldList<Field...>, [[maybe_unused]] Visit visit) {
  return (visit(Field()) || ...);
}

/// Calls `visit(field)` for each field of an owner or of a message.
template <auto kOf, typename Visit>
constexpr void ForEachField(Visit visit) {
  ForEach(FieldsOf<kOf>(), visit);
}
/// The same, until it gives true; gives whether it did.
template <auto kOf, typename Visit>
constexpr bool AnyField(Visit visit) {
  return AnyOf(FieldsOf<kOf>(), visit);
}

}  // namespace clew::model
