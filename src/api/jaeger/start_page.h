#pragma once

#include <string>
#include <string_view>

#include "net/http_server.h"

namespace clew::api::jaeger {

/// The answer to a request whose `path`, below `base_path`, is none of the API's: 404 where APIs
/// lie; elsewhere a page that says what is served, until there is a web UI; 405 for whoever sends.
net::HttpResponse NotAnEndpoint(const std::string& base_path, const net::HttpRequest& request,
                                std::string_view path);

}  // namespace clew::api::jaeger
