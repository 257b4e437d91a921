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
    for (std::uint64_t i = 0; i <= random_.Below(3); ++i) data.resources.push_back(MakeResource());
    for (std::uint64_t i = 0; i <= random_.Below(3); ++i) data.scopes.push_back(MakeScope());
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

  model::Resource MakeResource() {
    model::Resource resource{MakeAttributes(), Count(), {}, random_.Text()};
    for (std::uint64_t i = random_.OneIn(2) ? random_.Below(3) : 0; i > 0; --i) {
      resource.entity_refs.push_back(
          {random_.Text(), random_.Text(), {random_.Key(), random_.Key()}, {random_.Key()}});
    }
    return resource;
  }

  model::Scope MakeScope() {
    return {random_.Text(), random_.Text(), MakeAttributes(), Count(), random_.Text()};
  }

  model::Event MakeEvent() {
    return {static_cast<UnixNanos>(random_.Number()), random_.Text(), MakeAttributes(), Count()};
  }

  model::Link MakeLink() {
    return {MakeId<TraceId>(), MakeId<SpanId>(), random_.Text(),
            MakeAttributes(),  Count(),          Count()};
  }

  model::Span MakeSpan() {
    model::Span span;
    span.trace_id = MakeId<TraceId>();
    span.span_id = UniqueSpanId();
    if (!random_.OneIn(3)) span.parent_span_id = MakeId<SpanId>();
    span.trace_state = random_.Text();
    span.name = random_.Text();
    span.kind =
        static_cast<model::SpanKind>(random_.OneIn(9) ? random_.Number() : random_.Below(6));
    span.status =
        static_cast<model::StatusCode>(random_.OneIn(9) ? random_.Number() : random_.Below(3));
    span.status_message = random_.Text();
    span.flags = Count();
    span.start = static_cast<UnixNanos>(random_.Number());
    span.end = static_cast<UnixNanos>(random_.Number());
    span.attributes = MakeAttributes();
    for (std::uint64_t i = random_.Below(4); i > 0; --i) span.events.push_back(MakeEvent());
    for (std::uint64_t i = random_.Below(4); i > 0; --i) span.links.push_back(MakeLink());
    span.dropped_attributes_count = Count();
    span.dropped_events_count = Count();
    span.dropped_links_count = Count();
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
