#pragma once

#include <boost/asio/ssl/context.hpp>

#include "base/vocabulary.h"
#include "net/tls.h"

namespace clew::net {

/// A server's TLS: certificate, versions, client certificates when a client CA is given, and
/// "http/1.1" as the only protocol of ALPN.
Result<boost::asio::ssl::context> MakeServerTlsContext(const TlsOptions& options);

}  // namespace clew::net
