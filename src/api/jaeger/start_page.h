#pragma once

#include <string>
#include <string_view>

#include "net/http_server.h"

namespace clew::api::jaeger {

/// A page that says what is served below `base_path`, until there is a web UI.
Bytes StartPage(const std::string& base_path);

/// The answer to a request whose `path`, below `base_path`, is none of the API's: 404 where APIs
/// lie; elsewhere `page`; 405 for whoever sends.
net::HttpResponse NotAnEndpoint(const std::string& base_path, const net::HttpRequest& request,
                                std::string_view path, const Bytes& page);

}  // namespace clew::api::jaeger
