#include "wire/otlp/testing/plain_same_spans.h"

#include <algorithm>
#include <cmath>
#include <span>
#include <tuple>
#include <utility>
#include <vector>

namespace clew::wire::otlp::testing {
namespace {

using model::Attributes;
using model::KeyValue;
using model::Span;
using model::TraceData;
using model::Value;

void Normalize(Attributes* attributes);

// In a form in which equal values are equal objects.
void Normalize(Value* value) {
  if (auto* const list = std::get_if<Value::KvList>(&value->data)) {
    Normalize(list);
  } else if (auto* const array = std::get_if<Value::Array>(&value->data)) {
    for (Value& element : *array) Normalize(&element);
  } else if (const auto* const real = std::get_if<double>(&value->data)) {
    if (std::isnan(*real)) {
      value->data = Value::KvList{{"not a number", {}}};
    } else if (*real == 0 && std::signbit(*real)) {
      value->data = Value::KvList{{"minus zero", {}}};
    }
  }
}

void Normalize(Attributes* attributes) {
  std::ranges::stable_sort(*attributes, {}, [](const KeyValue& attribute) {
    return std::pair(attribute.key, attribute.value.type());
  });
  for (KeyValue& attribute : *attributes) Normalize(&attribute.value);
}

struct Normal {
  Span span;
  model::Resource resource;
  model::Scope scope;
  bool operator==(const Normal&) const = default;
};

Normal NormalOf(const TraceData& trace, const Span& span) {
  Normal normal{span, trace.resources[span.resource], trace.scopes[span.scope]};
  normal.span.resource = 0;
  normal.span.scope = 0;
  Normalize(&normal.span.attributes);
  for (model::Event& event : normal.span.events) Normalize(&event.attributes);
  for (model::Link& link : normal.span.links) Normalize(&link.attributes);
  Normalize(&normal.resource.attributes);
  Normalize(&normal.scope.attributes);
  return normal;
}

bool IsFinishedFormOf(const TraceData& trace, const Span& finished, const Span& span) {
  const auto beginning = [&](const Span& one) {
    return std::tuple(one.trace_id, one.span_id, one.parent_span_id, one.kind, one.name,
                      trace.ServiceName(one), one.start);
  };
  return finished.end != 0 && beginning(finished) == beginning(span);
}

}  // namespace

bool DropDuplicateSpans(TraceData* trace) {
  std::vector<Normal> normals;
  for (const Span& span : trace->spans) normals.push_back(NormalOf(*trace, span));
  std::vector<Span> kept;
  bool is_any_replaced = false;
  for (std::size_t i = 0; i < trace->spans.size(); ++i) {
    const Span& span = trace->spans[i];
    const auto before = std::span(normals).first(i);
    const bool is_repeated = std::ranges::find(before, normals[i]) != before.end();
    const bool is_replaced =
        span.end == 0 && std::ranges::any_of(trace->spans, [&](const Span& other) {
          return IsFinishedFormOf(*trace, other, span);
        });
    is_any_replaced = is_any_replaced || is_replaced;
    if (!is_repeated && !is_replaced) kept.push_back(span);
  }
  trace->spans = std::move(kept);
  return is_any_replaced;
}

void SortSpans(TraceData* trace) {
  std::ranges::stable_sort(trace->spans, {}, [](const Span& span) {
    return std::tuple(span.start, span.span_id, span.kind, span.name, span.end);
  });
}

}  // namespace clew::wire::otlp::testing
