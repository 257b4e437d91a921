#pragma once

#include <string>
#include <string_view>

namespace clew::net {

/// What to do when a connection failed for `reason`, in the words of gRPC, curl or
/// OpenSSL: behind "; ", to be put behind the reason. `has_tls`: whether the client
/// spoke TLS. Empty when the reason says it all, or is not known here.
std::string ConnectHint(std::string_view reason, bool has_tls);

}  // namespace clew::net
