#pragma once

#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "model/attribute_index.h"
#include "model/span_columns.h"
#include "wire/otlp/field_forms.h"

/// What rows of columns say, as bytes that are equal when it is the same. Private to wire/otlp.
namespace clew::wire::otlp {

/// Writes what is compared into one buffer, lengths before contents, so that different rows never
/// give the same bytes.
class Fingerprint {
 public:
  void Number(std::uint64_t number) {
    char bytes[sizeof(number)];
    std::memcpy(bytes, &number, sizeof(number));
    buffer_.append(bytes, sizeof(number));
  }
  void Text(std::string_view text) {
    Number(text.size());
    buffer_.append(text);
  }
  template <typename IdType>
  void Id(const IdType& id) {
    buffer_.append(reinterpret_cast<const char*>(id.bytes.data()), id.bytes.size());
  }
  /// The listed fields of a row (model/field_list.h).
  template <model::Owner kOwner>
  void Fields(const model::SpanColumns& columns, std::size_t row) {
    model::ForEachField<kOwner>([&](auto field) {
      if constexpr (kIsEntities<decltype(field)>) {
        Entities(field.Of(columns)[row]);
      } else {
        Cell(field.Of(columns)[row]);
      }
    });
  }
  /// They come by key, then type: those of one key and type keep their order in every form of a
  /// trace.
  void Add(std::span<const model::AttributeIndex::Entry> attributes);
  /// Without its key.
  void AddValue(const model::AttributeIndex::Entry& attribute) { Add(attribute); }

  /// Hands out the buffer and starts anew.
  std::string Take() { return std::exchange(buffer_, {}); }

 private:
  void Add(const model::AttributeIndex::Entry& attribute);
  void Add(const model::Attributes& attributes);
  void Add(const model::Value& value);
  void Real(double real);
  void Entities(std::string_view encoded);
  template <typename Value>
  void Cell(const Value& value) {
    if constexpr (std::is_integral_v<Value>) {
      Number(static_cast<std::uint64_t>(value));
    } else if constexpr (std::is_same_v<Value, std::string_view>) {
      Text(value);
    } else {
      Id(value);
    }
  }

  std::string buffer_;
};

/// The way from columns to all that a span says but for its resource and scope. Refers to them.
class SpanContents {
 public:
  explicit SpanContents(const model::SpanColumns& columns);
  void AddSpan(std::uint32_t row, Fingerprint* to) const;

 private:
  const model::SpanColumns& columns_;
  const model::AttributeIndex spans_;
  const model::AttributeIndex events_;
  const model::AttributeIndex links_;
  const std::vector<std::uint32_t> event_starts_;
  const std::vector<std::uint32_t> link_starts_;
};

}  // namespace clew::wire::otlp
