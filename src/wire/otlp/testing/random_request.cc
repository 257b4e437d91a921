#include "wire/otlp/testing/random_request.h"

#include <protozero/pbf_writer.hpp>

#include <utility>
#include <vector>

#include "wire/otlp/testing/random_source.h"

namespace clew::wire::otlp::testing {
namespace {

using protozero::pbf_writer;
using Tag = protozero::pbf_tag_type;

constexpr std::uint64_t kDepthMax = 4;

/// The encoded fields of one message, until their order is drawn.
class Fields {
 public:
  explicit Fields(RandomSource& random) : random_(random) {}

  void Message(Tag tag, const std::string& content) {
    pbf_writer(fields_.emplace_back()).add_message(tag, content);
  }
  /// Now and then the text of another comes before it.
  void Text(Tag tag, const std::string& text) {
    if (random_.OneIn(30)) pbf_writer(fields_.emplace_back()).add_string(tag, random_.Text());
    pbf_writer(fields_.emplace_back()).add_string(tag, text);
  }
  void Bytes(Tag tag, const std::string& bytes) {
    pbf_writer(fields_.emplace_back()).add_bytes(tag, bytes);
  }
  void Varint(Tag tag, std::uint64_t value) {
    pbf_writer(fields_.emplace_back()).add_uint64(tag, value);
  }
  void Fixed32(Tag tag) {
    pbf_writer(fields_.emplace_back())
        .add_fixed32(tag, static_cast<std::uint32_t>(random_.Number()));
  }
  void Fixed64(Tag tag) { pbf_writer(fields_.emplace_back()).add_fixed64(tag, random_.Number()); }
  void Raw(std::string field) { fields_.push_back(std::move(field)); }
  /// A dropped count, often not there.
  void Count(Tag tag) {
    if (random_.OneIn(2)) Varint(tag, random_.Number() & 0xFFFFFFFF);
  }

  /// All fields, mostly in the order they came. `known_max` is the highest number of the message.
  std::string Join(Tag known_max) {
    if (random_.OneIn(6)) AddForeign(known_max);
    if (random_.OneIn(4)) {
      for (std::size_t i = fields_.size(); i > 1; --i) {
        std::swap(fields_[i - 1], fields_[random_.Below(i)]);
      }
    }
    std::string message;
    for (const std::string& field : fields_) message += field;
    return message;
  }

 private:
  /// A field of a later version of OTLP, in every wire type.
  void AddForeign(Tag known_max) {
    const Tag tag = known_max + 1 + static_cast<Tag>(random_.Below(500));
    switch (random_.Below(4)) {
      case 0:
        Bytes(tag, random_.Octets(random_.Below(20)));
        break;
      case 1:
        Varint(tag, random_.Next());
        break;
      case 2:
        Fixed32(tag);
        break;
      default:
        Fixed64(tag);
        break;
    }
  }

  RandomSource& random_;
  std::vector<std::string> fields_;
};

class RequestBuilder {
 public:
  RequestBuilder(std::uint64_t seed, TextKind text_kind) : random_(seed, text_kind) {}

  std::string Build() {
    Fields request(random_);
    for (std::uint64_t i = random_.Below(4); i > 0; --i) request.Message(1, ResourceSpans());
    return request.Join(1);
  }

 private:
  std::string ResourceSpans() {
    Fields fields(random_);
    // In two parts now and then: readers merge them.
    for (std::uint64_t i = Presence(); i > 0; --i) fields.Message(1, Resource());
    // The old number counts where there are none under the new one.
    const Tag scope_tag = random_.OneIn(10) ? 1000 : 2;
    for (std::uint64_t i = random_.Below(4); i > 0; --i) fields.Message(scope_tag, ScopeSpans());
    if (random_.OneIn(2)) fields.Text(3, random_.Text());
    return fields.Join(1000);
  }

  std::string Resource() {
    Fields fields(random_);
    AddAttributes(1, fields);
    fields.Count(2);
    for (std::uint64_t i = random_.OneIn(3) ? random_.Below(3) : 0; i > 0; --i) {
      fields.Message(3, EntityRef());
    }
    return fields.Join(3);
  }

  std::string EntityRef() {
    Fields fields(random_);
    fields.Text(1, random_.Text());
    fields.Text(2, random_.Text());
    fields.Bytes(3, random_.Key());
    fields.Bytes(3, random_.Key());
    fields.Bytes(4, random_.Key());
    return fields.Join(4);
  }

  std::string ScopeSpans() {
    Fields fields(random_);
    for (std::uint64_t i = Presence(); i > 0; --i) fields.Message(1, Scope());
    for (std::uint64_t i = random_.Below(5); i > 0; --i) fields.Message(2, Span());
    if (random_.OneIn(2)) fields.Text(3, random_.Text());
    return fields.Join(3);
  }

  std::string Scope() {
    Fields fields(random_);
    fields.Text(1, random_.Text());
    fields.Text(2, random_.Text());
    AddAttributes(3, fields);
    fields.Count(4);
    return fields.Join(4);
  }

  std::string Span() {
    Fields fields(random_);
    if (!random_.OneIn(20)) AddId(1, 16, fields);
    if (!random_.OneIn(20)) AddId(2, 8, fields);
    fields.Text(3, random_.Text());
    if (random_.OneIn(2)) AddId(4, 8, fields);
    fields.Text(5, random_.Text());
    fields.Varint(6, Enum(6));
    fields.Fixed64(7);
    fields.Fixed64(8);
    AddAttributes(9, fields);
    fields.Count(10);
    for (std::uint64_t i = random_.Below(3); i > 0; --i) fields.Message(11, Event());
    fields.Count(12);
    for (std::uint64_t i = random_.Below(3); i > 0; --i) fields.Message(13, Link());
    fields.Count(14);
    for (std::uint64_t i = Presence(); i > 0; --i) fields.Message(15, SpanStatus());
    if (random_.OneIn(2)) fields.Fixed32(16);
    AddWrongWireTypes(fields);
    return fields.Join(16);
  }

  void AddWrongWireTypes(Fields& fields) {
    if (!random_.OneIn(10)) return;
    fields.Varint(5, random_.Next());
    fields.Bytes(6, random_.Octets(3));
    fields.Fixed32(7);
    fields.Fixed64(16);
  }

  std::string Event() {
    Fields fields(random_);
    fields.Fixed64(1);
    fields.Text(2, random_.Text());
    AddAttributes(3, fields);
    fields.Count(4);
    return fields.Join(4);
  }

  std::string Link() {
    Fields fields(random_);
    AddId(1, 16, fields);
    AddId(2, 8, fields);
    fields.Text(3, random_.Text());
    AddAttributes(4, fields);
    fields.Count(5);
    if (random_.OneIn(2)) fields.Fixed32(6);
    return fields.Join(6);
  }

  std::string SpanStatus() {
    Fields fields(random_);
    if (random_.OneIn(2)) fields.Text(2, random_.Text());
    if (random_.OneIn(2)) fields.Varint(3, Enum(3));
    return fields.Join(3);
  }

  void AddAttributes(Tag tag, Fields& fields) {
    for (std::uint64_t i = random_.Below(6); i > 0; --i) fields.Message(tag, KeyValue(0));
  }

  std::string KeyValue(std::uint64_t depth) {
    Fields fields(random_);
    if (!random_.OneIn(20)) fields.Bytes(1, random_.Key());
    if (!random_.OneIn(20)) fields.Message(2, AnyValue(depth));
    return fields.Join(3);
  }

  std::string AnyValue(std::uint64_t depth) {
    Fields fields(random_);
    const std::uint64_t value_count = random_.OneIn(15) ? 2 : 1;
    for (std::uint64_t i = 0; i < value_count; ++i) AddValue(depth, fields);
    return fields.Join(8);
  }

  void AddValue(std::uint64_t depth, Fields& fields) {
    switch (random_.Below(depth < kDepthMax ? 8 : 6)) {
      case 0:
        break;
      case 1:
        fields.Bytes(1, random_.Text());
        break;
      case 2:
        fields.Varint(2, random_.Below(2));
        break;
      case 3:
        fields.Varint(3, random_.Number());
        break;
      case 4:
        AddDouble(fields);
        break;
      case 5:
        fields.Bytes(7, random_.Octets(random_.Below(9)));
        break;
      case 6: {
        Fields array(random_);
        for (std::uint64_t i = random_.Below(4); i > 0; --i) array.Message(1, AnyValue(depth + 1));
        fields.Message(5, array.Join(1));
        break;
      }
      default: {
        Fields list(random_);
        for (std::uint64_t i = random_.Below(4); i > 0; --i) list.Message(1, KeyValue(depth + 1));
        fields.Message(6, list.Join(1));
        break;
      }
    }
  }

  void AddDouble(Fields& fields) {
    std::string field;
    pbf_writer(field).add_double(4, random_.Real());
    fields.Raw(field);
  }

  /// Now and then another comes before it.
  void AddId(Tag tag, std::size_t size, Fields& fields) {
    if (random_.OneIn(20)) fields.Bytes(tag, Id(size));
    fields.Bytes(tag, Id(size));
  }

  /// Mostly of `size` octets and not zero.
  std::string Id(std::size_t size) {
    if (random_.OneIn(25)) return random_.Octets(random_.Below(20));
    if (random_.OneIn(25)) return std::string(size, '\0');
    return random_.Octets(size);
  }

  /// How often a single message is there.
  std::uint64_t Presence() { return random_.OneIn(6) ? 0 : random_.OneIn(15) ? 2 : 1; }

  /// A number of an enum of `count`, or now and then one that it does not have.
  std::uint64_t Enum(std::uint64_t count) {
    if (!random_.OneIn(10)) return random_.Below(count);
    const auto number = static_cast<std::int32_t>(random_.Number());
    return static_cast<std::uint64_t>(std::int64_t{number});
  }

  RandomSource random_;
};

}  // namespace

std::string RandomRequest(std::uint64_t seed, TextKind text_kind) {
  return RequestBuilder(seed, text_kind).Build();
}

}  // namespace clew::wire::otlp::testing
