#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "model/value.h"

namespace clew::expr {

/// What the data model itself defines of spans, and of what hangs on them. Attributes are not here.
enum class Field : std::uint8_t {
  kTraceId,
  kSpanId,
  kParentSpanId,
  kTraceState,
  kName,  // model::OperationName
  kKind,
  kStatus,
  kStatusMessage,
  kStart,
  kEnd,
  kDuration,  // model::SpanDuration
  kService,   // model::ServiceName
  kResourceSchemaUrl,
  kScopeName,
  kScopeVersion,
  kScopeSchemaUrl,
  kEventName,
  kEventTime,
  kEventTimeSinceStart,
  kLinkTraceId,
  kLinkSpanId,
  kLinkTraceState,
};

/// What the values of a field are.
enum class FieldKind : std::uint8_t {
  kText,      // an empty one is absent, except the name of a span
  kId,        // as lower-case hex; a zero one is absent
  kWord,      // one of WordsOf; without an order
  kTime,      // nanoseconds since 1970
  kDuration,  // nanoseconds
};

struct FieldInfo {
  Field field;
  /// In whose table it has a value a row.
  model::Owner owner;
  FieldKind kind;
  /// As printed: "span:duration".
  std::string_view name;
};

const FieldInfo& InfoOf(Field field);
/// All of them.
std::span<const FieldInfo> AllFields();

/// Of a kWord field, by number: "unspecified", "internal" … of a kind; "unset", "ok", "error" of a
/// status. Unknown numbers are taken for the first. Empty for other fields.
std::span<const std::string_view> WordsOf(Field field);

}  // namespace clew::expr
