#include <utility>

#include "api/jaeger/handlers.h"
#include "api/jaeger/transform.h"

namespace clew::api::jaeger {

Result<Reply> ClassicTransform(const Call& call) {
  ASSIGN_OR_RETURN(TransformedTraces transformed,
                   TransformOtlpJson(call.context, call.request.body));
  Reply reply = TracesReply(call, std::move(transformed.traces), nullptr);
  if (transformed.rejected_span_count > 0) {
    reply.errors.push_back(
        {.message = fmt::format("{} spans are left out: their trace id or span id is not valid",
                                transformed.rejected_span_count)});
  }
  return reply;
}

}  // namespace clew::api::jaeger
