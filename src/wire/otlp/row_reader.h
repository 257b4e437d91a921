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
      } else if (!ReadListed<kMessage>(reader) && !own(reader)) {
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
  // A jump, and no chain of comparisons: this is where decoding is busy.
  template <model::Message kMessage>
  bool ReadListed(Reader& reader) {
    static_assert(kListedNumberMax <= 20, "a case for each number");
    switch (reader.tag()) {
      case 1:
        return ReadNumber<kMessage, 1>(reader);
      case 2:
        return ReadNumber<kMessage, 2>(reader);
      case 3:
        return ReadNumber<kMessage, 3>(reader);
      case 4:
        return ReadNumber<kMessage, 4>(reader);
      case 5:
        return ReadNumber<kMessage, 5>(reader);
      case 6:
        return ReadNumber<kMessage, 6>(reader);
      case 7:
        return ReadNumber<kMessage, 7>(reader);
      case 8:
        return ReadNumber<kMessage, 8>(reader);
      case 9:
        return ReadNumber<kMessage, 9>(reader);
      case 10:
        return ReadNumber<kMessage, 10>(reader);
      case 11:
        return ReadNumber<kMessage, 11>(reader);
      case 12:
        return ReadNumber<kMessage, 12>(reader);
      case 13:
        return ReadNumber<kMessage, 13>(reader);
      case 14:
        return ReadNumber<kMessage, 14>(reader);
      case 15:
        return ReadNumber<kMessage, 15>(reader);
      case 16:
        return ReadNumber<kMessage, 16>(reader);
      case 17:
        return ReadNumber<kMessage, 17>(reader);
      case 18:
        return ReadNumber<kMessage, 18>(reader);
      case 19:
        return ReadNumber<kMessage, 19>(reader);
      case 20:
        return ReadNumber<kMessage, 20>(reader);
      default:
        return false;
    }
  }

  template <model::Message kMessage, std::uint32_t kNumber>
  bool ReadNumber(Reader& reader) {
    return model::AnyField<kMessage>([&](auto field) {
      using Form = typename decltype(field)::Form;
      if constexpr (decltype(field)::number != kNumber || kIsEntities<decltype(field)>) {
        return false;
      } else {
        if (reader.wire_type() != WireTypeOf(KindOf(Form()))) return false;
        field.In(values_) = ReadField(Form(), reader, state_);
        return true;
      }
    });
  }

  DecodeState& state_;
  model::Row<kOwner> values_;
  AttributeScatter::Row attributes_;
};

}  // namespace clew::wire::otlp
