#include "api/responses.h"

#include <algorithm>
#include <chrono>
#include <utility>

namespace clew::api {

net::HttpResponse TextResponse(int status, std::string text) {
  net::HttpResponse response;
  response.status = status;
  response.content_type = "text/plain; charset=utf-8";
  response.body = std::move(text);
  return response;
}

int HttpStatusOf(const Error& error) {
  switch (error.code) {
    case Code::kInvalidArgument:
    case Code::kOutOfRange:
    case Code::kFailedPrecondition:
      return 400;
    case Code::kUnauthenticated:
      return 401;
    case Code::kPermissionDenied:
      return 403;
    case Code::kNotFound:
      return 404;
    case Code::kResourceExhausted:
      return 429;
    case Code::kUnimplemented:
      return 501;
    case Code::kCancelled:
    case Code::kUnavailable:
      return 503;
    case Code::kDeadlineExceeded:
      return 504;
    default:
      return 500;
  }
}

void AddRetryAfter(const Error& error, net::HttpResponse* response) {
  if (error.retry_after) {
    const auto seconds = std::chrono::ceil<std::chrono::seconds>(*error.retry_after).count();
    response->headers.Add("Retry-After", std::to_string(std::max<std::int64_t>(seconds, 1)));
  }
}

net::HttpResponse MethodNotAllowed(std::string_view served) {
  net::HttpResponse response =
      TextResponse(405, "method not allowed, use " + std::string(served) + "\n");
  response.headers.Add("Allow", std::string(served));
  return response;
}

}  // namespace clew::api
