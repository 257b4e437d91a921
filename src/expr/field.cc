#include "expr/field.h"

#include <array>
#include <cstddef>

#include "model/enum_words.h"

namespace clew::expr {
namespace {

using enum Field;
using Kind = FieldKind;
using model::Owner;

// In the order of the enumeration.
constexpr auto kFields = std::to_array<FieldInfo>({
    {kTraceId, Owner::kSpan, Kind::kId, "span:traceID"},
    {kSpanId, Owner::kSpan, Kind::kId, "span:id"},
    {kParentSpanId, Owner::kSpan, Kind::kId, "span:parentID"},
    {kTraceState, Owner::kSpan, Kind::kText, "span:traceState"},
    {kName, Owner::kSpan, Kind::kText, "span:name"},
    {kKind, Owner::kSpan, Kind::kWord, "span:kind"},
    {kStatus, Owner::kSpan, Kind::kWord, "span:status"},
    {kStatusMessage, Owner::kSpan, Kind::kText, "span:statusMessage"},
    {kStart, Owner::kSpan, Kind::kTime, "span:start"},
    {kEnd, Owner::kSpan, Kind::kTime, "span:end"},
    {kDuration, Owner::kSpan, Kind::kDuration, "span:duration"},
    {kService, Owner::kResource, Kind::kText, "resource:service"},
    {kResourceSchemaUrl, Owner::kResource, Kind::kText, "resource:schemaURL"},
    {kScopeName, Owner::kScope, Kind::kText, "scope:name"},
    {kScopeVersion, Owner::kScope, Kind::kText, "scope:version"},
    {kScopeSchemaUrl, Owner::kScope, Kind::kText, "scope:schemaURL"},
    {kEventName, Owner::kEvent, Kind::kText, "event:name"},
    {kEventTime, Owner::kEvent, Kind::kTime, "event:time"},
    {kEventTimeSinceStart, Owner::kEvent, Kind::kDuration, "event:timeSinceStart"},
    {kLinkTraceId, Owner::kLink, Kind::kId, "link:traceID"},
    {kLinkSpanId, Owner::kLink, Kind::kId, "link:spanID"},
    {kLinkTraceState, Owner::kLink, Kind::kText, "link:traceState"},
});

constexpr bool AreInOrder() {
  for (std::size_t i = 0; i < kFields.size(); ++i) {
    if (static_cast<std::size_t>(kFields[i].field) != i) return false;
  }
  return true;
}
static_assert(AreInOrder());

}  // namespace

const FieldInfo& InfoOf(Field field) { return kFields[static_cast<std::size_t>(field)]; }

std::span<const FieldInfo> AllFields() { return kFields; }

std::span<const std::string_view> WordsOf(Field field) {
  switch (field) {
    case kKind:
      return model::kSpanKindWords;
    case kStatus:
      return model::kStatusWords;
    default:
      return {};
  }
}

}  // namespace clew::expr
