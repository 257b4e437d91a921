#pragma once

#include "api/jaeger/routes.h"

namespace clew::api::jaeger {

/// What a handler gave as an answer of the dialect: within the classic envelope, which lists what
/// is left out among its errors, and indented where that is asked for; else as it is. Large ones
/// are sent in pieces (text_source.h).
Result<net::HttpResponse> Respond(Dialect dialect, const net::HttpRequest& request, Reply reply,
                                  const QueryCall& call);

/// The same of an error.
net::HttpResponse ErrorResponse(Dialect dialect, const net::HttpRequest& request,
                                const Error& error);

}  // namespace clew::api::jaeger
