#pragma once

#include <boost/asio/ssl/context.hpp>
#include <cstdint>

#include "base/vocabulary.h"
#include "net/tls.h"

namespace clew::net {

/// Which protocols a server selects of those that a client offers by ALPN. Of both it is HTTP/1.1:
/// whoever wants gRPC offers no other than HTTP/2.
enum class AlpnProtocols : std::uint8_t { kHttp1, kHttp1AndHttp2 };

/// A server's TLS: certificate, versions, and client certificates when a client CA is given. A
/// client that offers no protocol, or others only, is taken. `is_mainly_http2`: all have TLS 1.2 at
/// least, as HTTP/2 wants; otherwise it is not selected for those that have less.
Result<boost::asio::ssl::context> MakeServerTlsContext(const TlsOptions& options,
                                                       AlpnProtocols protocols,
                                                       bool is_mainly_http2 = false);

}  // namespace clew::net
