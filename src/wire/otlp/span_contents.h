#pragma once

#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "model/attribute_index.h"
#include "model/span_columns.h"

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

  std::string buffer_;
};

/// The way from columns to all that a span says but for its resource and scope. Refers to them.
class SpanContents {
 public:
  explicit SpanContents(const model::SpanColumns& columns);
  void AddSpan(std::uint32_t row, Fingerprint* to) const;

 private:
  void AddEvent(std::uint32_t row, Fingerprint* to) const;
  void AddLink(std::uint32_t row, Fingerprint* to) const;

  const model::SpanColumns& columns_;
  const model::AttributeIndex spans_;
  const model::AttributeIndex events_;
  const model::AttributeIndex links_;
  const std::vector<std::uint32_t> event_starts_;
  const std::vector<std::uint32_t> link_starts_;
};

/// `attributes` are those of the table.
void AddResource(const model::SpanColumns& columns, const model::AttributeIndex& attributes,
                 std::size_t row, Fingerprint* to);
void AddScope(const model::SpanColumns& columns, const model::AttributeIndex& attributes,
              std::size_t row, Fingerprint* to);

}  // namespace clew::wire::otlp
