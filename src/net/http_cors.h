#pragma once

#include <optional>
#include <string_view>

#include "net/http_server.h"

namespace clew::net {

/// The answer to a preflight request (OPTIONS with Access-Control-Request-Method), or nothing when
/// `request` is none or CORS is off. What is not allowed gets an answer without the headers that
/// would allow it, as otlp.md section 5 says.
std::optional<HttpResponse> AnswerPreflight(const CorsOptions& options, const HttpRequest& request);

/// Adds what lets a browser read the answer to `request`; nothing when CORS is off.
void AddCorsHeaders(const CorsOptions& options, const HttpRequest& request, HttpResponse& response);

/// Case-insensitive; each `*` in `pattern` stands for any text.
bool OriginMatches(std::string_view pattern, std::string_view origin);

}  // namespace clew::net
