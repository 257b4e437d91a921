#pragma once

#include <cstdint>
#include <string_view>

#include "wire/otlp/decode_state.h"
#include "wire/otlp/field_forms.h"

namespace clew::wire::otlp {

// A field by its form, from a reader that has come to it.
inline std::uint32_t ReadField(model::form::Count, Reader& reader, const DecodeState&) {
  return reader.get_uint32();
}
inline std::uint32_t ReadField(model::form::Bits, Reader& reader, const DecodeState&) {
  return reader.get_fixed32();
}
inline UnixNanos ReadField(model::form::Time, Reader& reader, const DecodeState&) {
  return static_cast<UnixNanos>(reader.get_fixed64());
}
inline std::string_view ReadField(model::form::Text, Reader& reader, const DecodeState& state) {
  return state.Text(ReadView(reader));
}
inline std::string_view ReadField(model::form::Name, Reader& reader, const DecodeState& state) {
  return state.Name(ReadView(reader));
}
template <typename Id>
Id ReadField(model::form::Id<Id>, Reader& reader, const DecodeState&) {
  return ReadId<Id>(ReadView(reader));
}
template <typename Enum>
std::int32_t ReadField(model::form::Enum<Enum>, Reader& reader, const DecodeState&) {
  return reader.get_enum();
}

/// A row of a table while its messages are read: the row behind the last, until Push. A message
/// that comes in parts is one, and of a field that is repeated the last counts. Throws protozero's
/// exceptions. One thread.
template <model::Owner kOwner>
class RowReader {
 public:
  /// `state` outlives it.
  explicit RowReader(DecodeState& state)
      : state_(state),
        attributes_(AttributeScatter::Begin(kOwner, RowOf(RowCount(state.out, kOwner)))) {}

  std::uint32_t index() const { return attributes_.index; }
  model::Row<kOwner>& values() { return values_; }

  /// Reads the attributes and the listed fields of a message; `own(reader)` is asked for others
  /// first, and gives true when it has read one.
  template <model::Message kMessage, typename Own>
  void Read(std::string_view message, const Own& own) {
    constexpr std::uint32_t kAttributes =
        protozero::tag_and_type(AttributesNumberOf(kMessage), WireTypeOf(FieldKind::kMessage));
    Reader reader = ReaderOf(message);
    while (state_.Next(reader)) {
      if (AttributesNumberOf(kMessage) != 0 && reader.tag_and_type() == kAttributes) {
        state_.attributes.Add(attributes_, ReadView(reader));
      } else if (!own(reader) && !ReadListed<kMessage>(reader)) {
        reader.skip();
      }
    }
  }
  template <model::Message kMessage>
  void Read(std::string_view message) {
    Read<kMessage>(message, [](Reader&) { return false; });
  }

  /// Adds the row to the table.
  void Push() {
    values_.dropped_attributes_counts += attributes_.dropped;
    model::ForEachField<kOwner>(
        [&](auto field) { field.Of(state_.out).push_back(field.In(values_)); });
  }

 private:
  template <model::Message kMessage>
  bool ReadListed(Reader& reader) {
    const std::uint32_t key = reader.tag_and_type();
    return model::AnyField<kMessage>([&](auto field) {
      using Field = decltype(field);
      if constexpr (kIsEntities<Field>) {
        return false;
      } else {
        if (key != kKeyOf<Field>) return false;
        field.In(values_) = ReadField(typename Field::Form(), reader, state_);
        return true;
      }
    });
  }

  DecodeState& state_;
  model::Row<kOwner> values_;
  AttributeScatter::Row attributes_;
};

}  // namespace clew::wire::otlp
