#include "pipeline/receivers/otlp/http_answers.h"

#include <algorithm>
#include <chrono>
#include <string>

#include "pipeline/receivers/otlp/content_type.h"

namespace clew::pipeline::receivers::otlp {
namespace {

std::string RetryAfterSeconds(Nanos delay) {
  const auto seconds = std::chrono::ceil<std::chrono::seconds>(delay).count();
  return std::to_string(std::max<std::int64_t>(seconds, 1));
}

}  // namespace

std::optional<Encoding> EncodingOf(std::string_view content_type) {
  const std::string type = MediaType(content_type);
  if (type == kProtobufType) {
    return Encoding::kProtobuf;
  }
  return type == kJsonType ? std::optional(Encoding::kJson) : std::nullopt;
}

net::HttpResponse AnswerTaken(const Result<wire::otlp::PartialSuccess>& taken, model::Signal signal,
                              Encoding encoding) {
  if (!taken.has_value()) {
    return AnswerError(wire::otlp::HttpStatusOf(taken.error()), taken.error(), encoding);
  }
  net::HttpResponse response;
  if (encoding == Encoding::kJson) {
    response.content_type = kJsonType;
    response.body = wire::otlp::EncodeResponseJson(signal, *taken);
  } else {
    response.content_type = kProtobufType;
    response.body = wire::otlp::EncodeResponse(*taken);
  }
  return response;
}

net::HttpResponse AnswerError(int status, const Error& error, Encoding encoding) {
  net::HttpResponse response;
  response.status = status;
  if (encoding == Encoding::kProtobuf) {
    response.content_type = kProtobufType;
    response.body = wire::otlp::EncodeStatus(error);
  } else {
    response.content_type = kJsonType;
    response.body = wire::otlp::EncodeStatusJson(error);
  }
  if ((status == 429 || status == 503) && error.retry_after.has_value()) {
    response.headers.Add("Retry-After", RetryAfterSeconds(*error.retry_after));
  }
  return response;
}

}  // namespace clew::pipeline::receivers::otlp
