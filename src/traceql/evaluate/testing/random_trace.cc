#include "traceql/evaluate/testing/random_trace.h"

#include <string>
#include <utility>

namespace clew::traceql::evaluate::testing {
namespace {

using model::Value;

class TraceMaker {
 public:
  TraceMaker(Dice* dice, bool has_odd_values) : dice_(*dice), has_odd_values_(has_odd_values) {}

  model::TraceData Make() {
    const std::size_t resources = 1 + dice_.Below(3);
    for (std::size_t i = 0; i < resources; ++i) {
      model::Resource& resource = trace_.resources.emplace_back();
      if (!dice_.OneIn(4)) {
        resource.attributes.push_back({"service.name", {dice_.OneOf({"shop", "cart", "a"})}});
      }
      AddAttributes(&resource.attributes);
    }
    for (std::size_t i = 0; i < 2; ++i) {
      model::Scope& scope = trace_.scopes.emplace_back();
      scope.name = dice_.OneOf({"", "a", "lib"});
      scope.version = dice_.OneOf({"", "1"});
      AddAttributes(&scope.attributes);
    }
    const std::size_t spans = dice_.OneIn(10) ? 20 : 1 + dice_.Below(9);
    const bool has_shared_ids = dice_.OneIn(3);
    for (std::size_t i = 0; i < spans; ++i) AddSpan(i, has_shared_ids);
    return std::move(trace_);
  }

 private:
  static SpanId IdOf(std::size_t number) {
    SpanId id;
    id.bytes[7] = static_cast<std::uint8_t>(number + 1);
    return id;
  }
  static TraceId TraceIdOf(std::size_t number) {
    TraceId id;
    id.bytes[15] = static_cast<std::uint8_t>(number + 1);
    return id;
  }

  void AddSpan(std::size_t index, bool has_shared_ids) {
    model::Span& span = trace_.spans.emplace_back();
    span.trace_id = TraceIdOf(0);
    span.span_id = IdOf(index);
    if (has_shared_ids && index > 0 && dice_.OneIn(3)) span.span_id = IdOf(dice_.Below(index));
    // Mostly one before; now and then any, or one that is not there.
    if (index > 0 && !dice_.OneIn(5)) {
      span.parent_span_id = IdOf(dice_.OneIn(8) ? dice_.Below(25) : dice_.Below(index));
    }
    span.start = static_cast<UnixNanos>(1000 + dice_.Below(5));
    span.end = span.start + static_cast<UnixNanos>(dice_.Below(5));
    if (dice_.OneIn(10)) span.end = 0;
    span.name = dice_.OneOf({"a", "b", "get", ""});
    span.kind = static_cast<model::SpanKind>(dice_.Below(7));
    span.status = static_cast<model::StatusCode>(dice_.Below(3));
    span.status_message = dice_.OneOf({"", "", "a", "boom"});
    span.resource = static_cast<std::uint32_t>(dice_.Below(trace_.resources.size()));
    span.scope = static_cast<std::uint32_t>(dice_.Below(2));
    AddAttributes(&span.attributes);
    AddWeights(&span);
    for (std::size_t i = dice_.Below(4); i > 0; --i) {
      model::Event& event = span.events.emplace_back();
      event.name = dice_.OneOf({"a", "b", "exception"});
      event.time = span.start + static_cast<UnixNanos>(dice_.Below(6)) - 2;
      AddAttributes(&event.attributes);
    }
    for (std::size_t i = dice_.OneIn(2) ? dice_.Below(3) : 0; i > 0; --i) {
      model::Link& link = span.links.emplace_back();
      link.trace_id = TraceIdOf(dice_.Below(2));
      link.span_id = IdOf(dice_.Below(4));
      AddAttributes(&link.attributes);
      if (dice_.OneIn(4)) {
        link.attributes.push_back(
            {"opentracing.ref_type", {dice_.OneOf({"child_of", "follows_from"})}});
      }
    }
  }

  /// How many spans it stands for, as samplers say it.
  void AddWeights(model::Span* span) {
    if (dice_.OneIn(4)) span->trace_state = dice_.OneOf({"ot=th:8", "a=b, ot=x:1;th:c", "a=b"});
    if (!dice_.OneIn(4)) return;
    Value rate{static_cast<std::int64_t>(dice_.Below(5))};
    if (dice_.OneIn(3)) rate = {dice_.OneIn(2) ? 1.5 : 0.5};
    if (dice_.OneIn(6)) rate = {std::string("2")};
    span->attributes.push_back({"SampleRate", std::move(rate)});
  }

  void AddAttributes(model::Attributes* attributes) {
    // The last three are names of one attribute.
    for (const char* const key :
         {"a", "b", "n", "http.retry_count", "http.resend_count", "http.request.resend_count"}) {
      if (dice_.OneIn(2)) continue;
      attributes->push_back({key, MakeValue()});
      if (has_odd_values_ && dice_.OneIn(8)) attributes->push_back({key, MakeValue()});
    }
  }

  Value MakeValue() {
    if (has_odd_values_ && dice_.OneIn(3)) return MakeOdd();
    switch (dice_.Below(7)) {
      case 0:
        return {true};
      case 1:
        return {false};
      case 2:
        return {static_cast<double>(dice_.Below(6)) / 2};
      case 3:
      case 4:
        return {static_cast<std::int64_t>(dice_.Below(4))};
      default:
        return {dice_.OneOf({"a", "b", "ab", ""})};
    }
  }

  Value MakeOdd() {
    if (dice_.OneIn(4)) return {model::ByteString{"a"}};
    if (dice_.OneIn(6)) return {Value::KvList{{"a", {std::string("a")}}}};
    if (dice_.OneIn(6)) return {Value::Array{{Value::Array{{std::string("a")}}}}};
    Value::Array array;
    const bool is_mixed = dice_.OneIn(5);
    const std::size_t kind = dice_.Below(4);
    for (std::size_t i = dice_.Below(4); i > 0; --i) {
      array.push_back(MakeElement(is_mixed ? dice_.Below(4) : kind));
    }
    return {std::move(array)};
  }

  Value MakeElement(std::size_t kind) {
    switch (kind) {
      case 0:
        return {dice_.OneOf({"a", "b", "ab"})};
      case 1:
        return {static_cast<std::int64_t>(dice_.Below(4))};
      case 2:
        return {static_cast<double>(dice_.Below(6)) / 2};
      default:
        return {dice_.OneIn(2)};
    }
  }

  Dice& dice_;
  const bool has_odd_values_;
  model::TraceData trace_;
};

}  // namespace

model::TraceData RandomTrace(Dice* dice, bool has_odd_values) {
  return TraceMaker(dice, has_odd_values).Make();
}

}  // namespace clew::traceql::evaluate::testing
