#pragma once

#include <boost/asio/ssl/context.hpp>
#include <cstdint>

#include "base/vocabulary.h"
#include "net/tls.h"

namespace clew::net {

/// What a server selects of the protocols that a client offers by ALPN: of both the first. Some
/// clients of gRPC offer both, and so do most of HTTP/1.1: each gets what the port is mainly for.
enum class AlpnProtocols : std::uint8_t { kHttp1, kHttp1First, kHttp2First };

/// A server's TLS: certificate, versions, and client certificates when a client CA is given. A
/// client that offers no protocol, or others only, is taken. HTTP/2 has TLS 1.2 at least: where it
/// comes first all clients have, elsewhere it is not selected for those that have less.
Result<boost::asio::ssl::context> MakeServerTlsContext(const TlsOptions& options,
                                                       AlpnProtocols protocols);

}  // namespace clew::net
