#include "model/trace_data.h"

#include <cstddef>

#include "model/enum_words.h"
#include "model/service_name.h"

namespace clew::model {

std::string TraceData::ServiceName(const Span& span) const {
  return model::ServiceName(resources[span.resource].attributes);
}

std::string_view SpanKindName(SpanKind kind) {
  const auto number = static_cast<std::size_t>(kind);
  const bool has_name = kind != SpanKind::kUnspecified && number < kSpanKindWords.size();
  return has_name ? kSpanKindWords[number] : std::string_view();
}

}  // namespace clew::model
