#pragma once

#include <cstdint>

#include "model/trace_data.h"
#include "traceql/evaluate/value.h"

/// What queries see of fields of spans, for whoever reads columns.
namespace clew::traceql::evaluate {

/// The id outlives the value.
template <typename Id>
Value IdOf(const Id& id) {
  return Value::Id({reinterpret_cast<const char*>(id.bytes.data()), id.bytes.size()});
}

/// By TraceQL's numbers; what OTLP does not know is unset.
inline Value StatusOf(std::int64_t code) {
  constexpr std::int64_t kError = 0;
  constexpr std::int64_t kOk = 1;
  constexpr std::int64_t kUnset = 2;
  const bool is_error = code == static_cast<std::int64_t>(model::StatusCode::kError);
  const bool is_ok = code == static_cast<std::int64_t>(model::StatusCode::kOk);
  return {.kind = Value::Kind::kStatus, .number = is_error ? kError : is_ok ? kOk : kUnset};
}

/// TraceQL's numbers are OTLP's; what that does not know is unspecified.
inline Value KindOf(std::int64_t kind) {
  const bool is_known = kind >= 0 && kind <= static_cast<std::int64_t>(model::SpanKind::kConsumer);
  return {.kind = Value::Kind::kKind, .number = is_known ? kind : 0};
}

}  // namespace clew::traceql::evaluate
