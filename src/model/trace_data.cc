#include "model/trace_data.h"

#include "model/service_name.h"

namespace clew::model {
std::string TraceData::ServiceName(const Span& span) const {
  return model::ServiceName(resources[span.resource].attributes);
}

std::string_view SpanKindName(SpanKind kind) {
  switch (kind) {
    case SpanKind::kInternal:
      return "internal";
    case SpanKind::kServer:
      return "server";
    case SpanKind::kClient:
      return "client";
    case SpanKind::kProducer:
      return "producer";
    case SpanKind::kConsumer:
      return "consumer";
    case SpanKind::kUnspecified:
      break;
  }
  return "";
}

}  // namespace clew::model
