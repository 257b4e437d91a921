#include "pipeline/receivers/otlp/http_endpoint.h"

#include <utility>

#include "pipeline/receivers/otlp/server_refusal.h"
#include "pipeline/receiving/request_context.h"

namespace clew::pipeline::receivers::otlp {

HttpEndpoint::HttpEndpoint(const HttpSection& section, const receiving::TenancySection& tenancy,
                           receiving::Intake& intake)
    : section_(section), tenancy_(tenancy), head_(section, intake.signals()), intake_(intake) {}

base::Later<net::HttpResponse> HttpEndpoint::Handle(const net::HttpRequest& request) {
  if (const auto refusal = head_.Check(request)) {
    return Answer(*refusal, request);
  }
  const auto context = receiving::ContextOf(request, tenancy_, section_.include_metadata);
  if (!context.has_value()) {
    return Answer({wire::otlp::HttpStatusOf(context.error()), "no_tenant", context.error()},
                  request);
  }
  const Encoding encoding = *EncodingOf(request.headers.Get("Content-Type"));
  const model::Signal signal = *head_.SignalOf(request.path);
  auto body = body_reader_.Read(request, signal, encoding);
  if (!body.has_value()) {
    return Answer(body.error(), request);
  }
  return intake_
      .Take(signal, std::move(body->protobuf), std::move(body->received), *context,
            std::move(body->hold))
      .MapBy([signal, encoding](const Result<wire::otlp::PartialSuccess>& taken) {
        return AnswerTaken(taken, signal, encoding);
      });
}

net::HttpResponse HttpEndpoint::Refuse(int status, const std::string& message,
                                       const net::HttpRequest& request) {
  // Memory may allow less than the configuration does.
  const bool is_over_configured =
      status == 413 && intake_.request_bytes_max() >= section_.max_request_body_size;
  return Answer(is_over_configured ? head_.TooLarge() : ServerRefusal(status, message), request);
}

net::HttpResponse HttpEndpoint::Answer(const Refusal& refusal, const net::HttpRequest& request) {
  intake_.CountRefusedRequest(refusal.reason);
  // Whoever sends what is not known is told in text.
  const Encoding encoding =
      EncodingOf(request.headers.Get("Content-Type")).value_or(Encoding::kJson);
  net::HttpResponse response = AnswerError(refusal.status, refusal.error, encoding);
  if (refusal.status == 405) {
    response.headers.Add("Allow", "POST");
  }
  return response;
}

}  // namespace clew::pipeline::receivers::otlp
