#include "net/http_tls.h"

#include <openssl/ssl.h>

#include <algorithm>
#include <boost/asio/buffer.hpp>
#include <string>
#include <string_view>
#include <utility>

#include "net/tls_material.h"

namespace clew::net {
namespace {

namespace ssl = boost::asio::ssl;

constexpr std::string_view kHttp2 = "h2";

/// `wanted` is the protocol's name.
int SelectProtocol(SSL*, const unsigned char** out, unsigned char* out_size,
                   const unsigned char* offered, unsigned int offered_size, void* wanted) {
  const std::string_view name = static_cast<const char*>(wanted);
  const std::string list = std::string(1, static_cast<char>(name.size())) + std::string(name);
  unsigned char* selected = nullptr;
  const int result = SSL_select_next_proto(
      &selected, out_size, reinterpret_cast<const unsigned char*>(list.data()),
      static_cast<unsigned int>(list.size()), offered, offered_size);
  if (result != OPENSSL_NPN_NEGOTIATED) {
    return name == kHttp2 ? SSL_TLSEXT_ERR_ALERT_FATAL : SSL_TLSEXT_ERR_NOACK;
  }
  // Not `selected`, which may stand in `list`.
  *out = reinterpret_cast<const unsigned char*>(name.data());
  *out_size = static_cast<unsigned char>(name.size());
  return SSL_TLSEXT_ERR_OK;
}

Status Check(const boost::system::error_code& error, const char* what) {
  if (!error) return {};
  return base::InvalidArgument("failed to load TLS {}: {}", what, error.message());
}

}  // namespace

Result<ssl::context> MakeServerTlsContext(const TlsOptions& options, const char* protocol) {
  ASSIGN_OR_RETURN(const TlsMaterial material, LoadServerTls(options));
  const bool is_http2 = std::string_view(protocol) == kHttp2;
  if (is_http2) TRY(CheckVersionsOfHttp2(material));
  ssl::context context(ssl::context::tls_server);
  SSL_CTX* native = context.native_handle();
  const int min_version =
      is_http2 ? std::max(material.min_version, TLS1_2_VERSION) : material.min_version;
  SSL_CTX_set_min_proto_version(native, min_version);
  SSL_CTX_set_max_proto_version(native, material.max_version);
  SSL_CTX_set_options(native, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
  SSL_CTX_set_alpn_select_cb(native, &SelectProtocol, const_cast<char*>(protocol));
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
