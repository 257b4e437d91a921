#pragma once

#include <cstdint>
#include <string>
#include <type_traits>
#include <vector>

#include "model/trace_data.h"

namespace clew::model {

/// Gives fields of objects values that no other field has. One thread.
class OwnValues {
 public:
  /// After so many others.
  explicit OwnValues(std::uint8_t given = 0) : given_(given) {}

  void Give(std::string* text) { *text = "text " + std::to_string(++given_); }
  void Give(TraceId* id) { id->bytes.back() = static_cast<std::uint8_t>(++given_); }
  void Give(SpanId* id) { id->bytes.back() = static_cast<std::uint8_t>(++given_); }
  void Give(std::vector<EntityRef>* entities) {
    EntityRef& entity = entities->emplace_back();
    Give(&entity.schema_url);
    Give(&entity.type);
    Give(&entity.id_keys.emplace_back());
    Give(&entity.description_keys.emplace_back());
  }
  template <typename Number>
    requires(std::is_integral_v<Number> || std::is_enum_v<Number>)
  void Give(Number* number) {
    *number = static_cast<Number>(1000 + ++given_);
  }

  template <Owner kOwner, typename Object>
  void GiveAll(Object* object) {
    ForEachField<kOwner>([&](auto field) { Give(&field.ObjectIn(*object)); });
  }

 private:
  std::uint8_t given_;
};

/// A span of a resource and a scope, with an event and a link, in which each listed field has a
/// value of its own.
inline TraceData EveryField() {
  TraceData trace;
  OwnValues values;
  values.GiveAll<Owner::kResource>(&trace.resources.emplace_back());
  values.GiveAll<Owner::kScope>(&trace.scopes.emplace_back());
  Span& span = trace.spans.emplace_back();
  values.GiveAll<Owner::kSpan>(&span);
  values.GiveAll<Owner::kEvent>(&span.events.emplace_back());
  values.GiveAll<Owner::kLink>(&span.links.emplace_back());
  return trace;
}

/// The object of an owner in the last span of a trace: itself, its resource, its last event…
template <Owner kOwner, typename Trace>
auto& LastObject(Trace& trace) {
  auto& span = trace.spans.back();
  if constexpr (kOwner == Owner::kResource) {
    return trace.resources[span.resource];
  } else if constexpr (kOwner == Owner::kScope) {
    return trace.scopes[span.scope];
  } else if constexpr (kOwner == Owner::kEvent) {
    return span.events.back();
  } else if constexpr (kOwner == Owner::kLink) {
    return span.links.back();
  } else {
    return span;
  }
}

}  // namespace clew::model
