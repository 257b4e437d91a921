#pragma once

#include <boost/asio/ssl/context.hpp>

#include "base/vocabulary.h"
#include "net/tls.h"

namespace clew::net {

/// A server's TLS: certificate, versions, client certificates when a client CA is given, and
/// `protocol`, "http/1.1" or "h2", as the only one of ALPN. With h2 a client that offers others
/// only is refused; one that offers none is not.
Result<boost::asio::ssl::context> MakeServerTlsContext(const TlsOptions& options,
                                                       const char* protocol);

}  // namespace clew::net
