#include "net/http_answers.h"

#include <utility>

#include "net/http_cors.h"

namespace clew::net {
namespace {

/// Answers up to here, such as error messages, are sent even when no memory is left for answers.
constexpr std::uint64_t kSmallAnswerBytes = 4u << 10;

}  // namespace

HttpReply MakeHandlersReply(const HttpShared& shared, const HttpRequest& request,
                            HttpResponse response, ReplyPlace place,
                            const std::function<bool(std::uint64_t)>& try_hold) {
  AddCorsHeaders(shared.options.cors, request, response);
  HttpReply reply = MakeReply(shared.options, request, std::move(response), place);
  const std::uint64_t bytes = reply.body.capacity();
  if (reply.held != nullptr || bytes <= kSmallAnswerBytes || try_hold(bytes)) return reply;
  return MakeErrorReply(shared, request, 503,
                        "no memory is left for this answer: ask for less, or later", place);
}

HttpReply MakeErrorReply(const HttpShared& shared, const HttpRequest& request, int status,
                         const std::string& message, ReplyPlace place) {
  HttpResponse response = shared.error_handler(status, message, request);
  const bool lacks_time = status == 503 && !response.headers.Has("Retry-After");
  if (lacks_time) response.headers.Add("Retry-After", "1");
  AddCorsHeaders(shared.options.cors, request, response);
  return MakeReply(shared.options, request, std::move(response), place);
}

}  // namespace clew::net
