#include "net/http_tls.h"

#include <openssl/ssl.h>

#include <algorithm>
#include <boost/asio/buffer.hpp>
#include <string_view>
#include <utility>

#include "net/tls_material.h"

namespace clew::net {
namespace {

namespace ssl = boost::asio::ssl;

// As they stand in lists of ALPN: each behind its length.
constexpr std::string_view kHttp1 = "\x08http/1.1";
constexpr std::string_view kHttp1First = "\x08http/1.1\x02h2";
constexpr std::string_view kHttp2First = "\x02h2\x08http/1.1";

/// `wanted` is a list.
int SelectProtocol(SSL* connection, const unsigned char** out, unsigned char* out_size,
                   const unsigned char* offered, unsigned int offered_size, void* wanted) {
  const bool may_be_http2 = SSL_version(connection) >= TLS1_2_VERSION;
  const std::string_view list =
      may_be_http2 ? *static_cast<const std::string_view*>(wanted) : kHttp1;
  unsigned char* selected = nullptr;
  unsigned char selected_size = 0;
  const int result = SSL_select_next_proto(
      &selected, &selected_size, reinterpret_cast<const unsigned char*>(list.data()),
      static_cast<unsigned int>(list.size()), offered, offered_size);
  if (result != OPENSSL_NPN_NEGOTIATED) return SSL_TLSEXT_ERR_NOACK;
  *out = selected;  // in either list, which both stay
  *out_size = selected_size;
  return SSL_TLSEXT_ERR_OK;
}

Status Check(const boost::system::error_code& error, const char* what) {
  if (!error) return {};
  return base::InvalidArgument("failed to load TLS {}: {}", what, error.message());
}

}  // namespace

Result<ssl::context> MakeServerTlsContext(const TlsOptions& options, AlpnProtocols protocols) {
  ASSIGN_OR_RETURN(const TlsMaterial material, LoadServerTls(options));
  const bool is_mainly_http2 = protocols == AlpnProtocols::kHttp2First;
  if (is_mainly_http2) TRY(CheckVersionsOfHttp2(material));
  ssl::context context(ssl::context::tls_server);
  SSL_CTX* native = context.native_handle();
  const int min_version =
      is_mainly_http2 ? std::max(material.min_version, TLS1_2_VERSION) : material.min_version;
  SSL_CTX_set_min_proto_version(native, min_version);
  SSL_CTX_set_max_proto_version(native, material.max_version);
  SSL_CTX_set_options(native, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
  const std::string_view& list = protocols == AlpnProtocols::kHttp1        ? kHttp1
                                 : protocols == AlpnProtocols::kHttp1First ? kHttp1First
                                                                           : kHttp2First;
  SSL_CTX_set_alpn_select_cb(native, &SelectProtocol, const_cast<std::string_view*>(&list));
  boost::system::error_code error;
  context.use_certificate_chain(boost::asio::buffer(material.cert), error);
  TRY(Check(error, "cert"));
  context.use_private_key(boost::asio::buffer(material.key), ssl::context::pem, error);
  TRY(Check(error, "key"));
  if (!material.client_ca.empty()) {
    context.add_certificate_authority(boost::asio::buffer(material.client_ca), error);
    TRY(Check(error, "client CA"));
    context.set_verify_mode(ssl::verify_peer | ssl::verify_fail_if_no_peer_cert, error);
    TRY(Check(error, "client CA"));
    // Sessions that are resumed must belong to this context; OpenSSL refuses them without a name.
    static constexpr unsigned char kSessionContext[] = "clew";
    SSL_CTX_set_session_id_context(native, kSessionContext, sizeof(kSessionContext) - 1);
  }
  return context;
}

}  // namespace clew::net
