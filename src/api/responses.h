#pragma once

#include <string>

#include "base/vocabulary.h"
#include "net/http_server.h"

namespace clew::api {

/// text/plain; charset=utf-8.
net::HttpResponse TextResponse(int status, std::string text);

/// The status of a failed query, as a user sees it: 400 wrong request, 401 no tenant, 404 not
/// found, 429 over a limit, 501 not served, 503 not ready or given up, 504 too slow, 500 all else.
int HttpStatusOf(const Error& error);

/// Retry-After in whole seconds, when the error has one.
void AddRetryAfter(const Error& error, net::HttpResponse* response);

/// 405 with the method that is served.
net::HttpResponse MethodNotAllowed(std::string_view served);

}  // namespace clew::api
