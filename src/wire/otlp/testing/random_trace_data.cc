#include <cstring>

#include "wire/otlp/testing/random_request.h"
#include "wire/otlp/testing/random_source.h"

namespace clew::wire::otlp::testing {
namespace {

using model::Attributes;
using model::Value;
using model::ValueType;

constexpr std::uint64_t kDepthMax = 4;

class DataBuilder {
 public:
  DataBuilder(std::uint64_t seed, TextKind text_kind) : random_(seed, text_kind) {}

  model::TraceData Build() {
    model::TraceData data;
    for (std::uint64_t i = 0; i <= random_.Below(3); ++i) {
      data.resources.push_back(MakeObject<model::Owner::kResource, model::Resource>());
    }
    for (std::uint64_t i = 0; i <= random_.Below(3); ++i) {
      data.scopes.push_back(MakeObject<model::Owner::kScope, model::Scope>());
    }
    const std::uint64_t span_count = random_.Below(12);
    for (std::uint64_t i = 0; i < span_count; ++i) {
      model::Span span = MakeSpan();
      span.resource = static_cast<std::uint32_t>(random_.Below(data.resources.size()));
      span.scope = static_cast<std::uint32_t>(random_.Below(data.scopes.size()));
      data.spans.push_back(std::move(span));
    }
    return data;
  }

 private:
  std::uint32_t Count() {
    return random_.OneIn(2) ? 0 : static_cast<std::uint32_t>(random_.Number());
  }

  template <typename Id>
  Id MakeId() {
    Id id;
    const std::string octets = random_.Octets(id.bytes.size());
    std::memcpy(id.bytes.data(), octets.data(), octets.size());
    if (random_.OneIn(4)) id.bytes.fill(0);
    id.bytes.back() = 1;  // not zero
    return id;
  }

  SpanId UniqueSpanId() {
    SpanId id = MakeId<SpanId>();
    const std::uint32_t number = ++span_number_;
    std::memcpy(id.bytes.data(), &number, sizeof(number));
    return id;
  }

  Value MakeValue(std::uint64_t depth) {
    const std::uint64_t type_count = depth < kDepthMax ? 8 : 6;
    switch (static_cast<ValueType>(random_.Below(type_count))) {
      case ValueType::kEmpty:
        return {};
      case ValueType::kString:
        return {random_.Text()};
      case ValueType::kBool:
        return {random_.OneIn(2)};
      case ValueType::kInt:
        return {static_cast<std::int64_t>(random_.Number())};
      case ValueType::kDouble:
        return {random_.Real()};
      case ValueType::kBytes:
        return {model::ByteString{random_.Octets(random_.Below(9))}};
      case ValueType::kArray: {
        Value::Array array;
        for (std::uint64_t i = random_.Below(4); i > 0; --i) array.push_back(MakeValue(depth + 1));
        return {std::move(array)};
      }
      case ValueType::kKvList: {
        Value::KvList list;
        for (std::uint64_t i = random_.Below(4); i > 0; --i) {
          list.push_back({random_.Key(), MakeValue(depth + 1)});
        }
        return {std::move(list)};
      }
    }
    return {};
  }

  Attributes MakeAttributes() {
    Attributes attributes;
    for (std::uint64_t i = random_.Below(7); i > 0; --i) {
      attributes.push_back({random_.Key(), MakeValue(0)});
    }
    return attributes;
  }

  // A value for a field of an object.
  void Make(std::uint32_t* count) { *count = Count(); }
  void Make(std::string* text) { *text = random_.Text(); }
  void Make(UnixNanos* time) { *time = static_cast<UnixNanos>(random_.Number()); }
  void Make(TraceId* id) { *id = MakeId<TraceId>(); }
  void Make(SpanId* id) { *id = MakeId<SpanId>(); }
  void Make(model::SpanKind* kind) { *kind = MakeEnum<model::SpanKind>(6); }
  void Make(model::StatusCode* code) { *code = MakeEnum<model::StatusCode>(3); }
  void Make(std::vector<model::EntityRef>* entities) {
    for (std::uint64_t i = random_.OneIn(2) ? random_.Below(3) : 0; i > 0; --i) {
      entities->push_back(
          {random_.Text(), random_.Text(), {random_.Key(), random_.Key()}, {random_.Key()}});
    }
  }
  template <typename Enum>
  Enum MakeEnum(std::uint64_t known_count) {
    return static_cast<Enum>(random_.OneIn(9) ? random_.Number() : random_.Below(known_count));
  }

  // All listed fields, and attributes.
  template <model::Owner kOwner, typename Object>
  Object MakeObject() {
    Object object;
    model::ForEachField<kOwner>([&](auto field) { Make(&field.ObjectIn(object)); });
    object.attributes = MakeAttributes();
    return object;
  }

  model::Span MakeSpan() {
    auto span = MakeObject<model::Owner::kSpan, model::Span>();
    span.span_id = UniqueSpanId();
    if (random_.OneIn(3)) span.parent_span_id = {};
    for (std::uint64_t i = random_.Below(4); i > 0; --i) {
      span.events.push_back(MakeObject<model::Owner::kEvent, model::Event>());
    }
    for (std::uint64_t i = random_.Below(4); i > 0; --i) {
      span.links.push_back(MakeObject<model::Owner::kLink, model::Link>());
    }
    return span;
  }

  RandomSource random_;
  std::uint32_t span_number_ = 0;
};

}  // namespace

model::TraceData RandomTraceData(std::uint64_t seed, TextKind text_kind) {
  return DataBuilder(seed, text_kind).Build();
}

}  // namespace clew::wire::otlp::testing
