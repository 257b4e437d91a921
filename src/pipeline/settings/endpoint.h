#pragma once

#include <string>
#include <string_view>

#include "net/endpoint.h"
#include "pipeline/config/binder.h"

namespace clew::pipeline::settings {

/// Adds a problem at "endpoint" unless `endpoint` is host:port with a port from 0 to 65535, or a
/// unix path when `transport` is "unix".
void CheckServerEndpoint(std::string_view endpoint, std::string_view transport, Problems& problems);

/// The addresses that a server's `transport` (tcp, tcp4, tcp6, unix) listens on.
net::AddressFamily FamilyOf(std::string_view transport);

/// Adds a problem at "endpoint" unless a gRPC client can connect to `endpoint`
/// (net::ParseGrpcEndpoint), and for the whole section when it is empty.
void CheckClientEndpoint(std::string_view endpoint, Problems& problems);

/// The same for a URL, which must be http:// or https://. Empty is fine: callers say what they
/// need.
void CheckUrl(std::string_view key, std::string_view url, Problems& problems);

}  // namespace clew::pipeline::settings
