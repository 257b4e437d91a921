#include "net/grpc_credentials.h"

#include <grpc/grpc_security.h>
#include <openssl/ssl.h>

#include "net/tls_material.h"

// gRPC's C interface cannot narrow the versions of TLS, its classes can. Their headers are not
// installed: this declaration names the members that are called and says nothing of their layout.
// A gRPC without them does not link, one that ignores them fails GrpcTls's tests.
class grpc_ssl_credentials {
 public:
  void set_min_tls_version(grpc_tls_version version);
  void set_max_tls_version(grpc_tls_version version);
};

namespace clew::net {
namespace {

bool IsOnly13(const TlsMaterial& material) { return material.min_version > TLS1_2_VERSION; }

bool IsOnly12(const TlsMaterial& material) {
  return material.max_version != 0 && material.max_version < TLS1_3_VERSION;
}

/// Limits credentials that gRPC made for 1.2 and 1.3 to what is asked for.
void LimitVersions(const TlsMaterial& material, grpc_ssl_credentials& credentials) {
  if (IsOnly13(material)) credentials.set_min_tls_version(TLS1_3);
  if (IsOnly12(material)) credentials.set_max_tls_version(TLS1_2);
}

/// Verifies nothing: what insecure_skip_verify asks for.
Result<ChannelCredentialsPtr> MakeUnverified(const TlsMaterial& material) {
  grpc_tls_credentials_options* options = grpc_tls_credentials_options_create();
  grpc_tls_credentials_options_set_verify_server_cert(options, 0);
  grpc_tls_credentials_options_set_check_call_host(options, 0);
  static grpc_tls_certificate_verifier_external accept_all = {
      nullptr,
      [](void*, grpc_tls_custom_verification_check_request*,
         grpc_tls_on_custom_verification_check_done_cb, void*, grpc_status_code* status,
         char**) -> int {
        *status = GRPC_STATUS_OK;
        return 1;  // answered at once
      },
      [](void*, grpc_tls_custom_verification_check_request*) {}, [](void*) {}};
  grpc_tls_certificate_verifier* verifier =
      grpc_tls_certificate_verifier_external_create(&accept_all);
  grpc_tls_credentials_options_set_certificate_verifier(options, verifier);
  grpc_tls_certificate_verifier_release(verifier);
  if (!material.cert.empty()) {
    grpc_tls_identity_pairs* pairs = grpc_tls_identity_pairs_create();
    grpc_tls_identity_pairs_add_pair(pairs, material.key.c_str(), material.cert.c_str());
    grpc_tls_certificate_provider* provider =
        grpc_tls_certificate_provider_static_data_create(nullptr, pairs);
    grpc_tls_credentials_options_set_certificate_provider(options, provider);
    grpc_tls_certificate_provider_release(provider);
    grpc_tls_credentials_options_watch_identity_key_cert_pairs(options);
  }
  ChannelCredentialsPtr credentials(grpc_tls_credentials_create(options));
  if (!credentials) return base::InvalidArgument("gRPC does not accept the TLS configuration");
  return credentials;
}

}  // namespace

Result<ChannelCredentialsPtr> MakeChannelCredentials(const std::optional<TlsOptions>& options) {
  if (!options) return ChannelCredentialsPtr(grpc_insecure_credentials_create());
  ASSIGN_OR_RETURN(const TlsMaterial material, LoadClientTls(*options));
  TRY(CheckVersionsOfHttp2(material));
  if (options->insecure_skip_verify) {
    if (!IsOnly13(material) && !IsOnly12(material)) return MakeUnverified(material);
    return base::InvalidArgument(
        "gRPC cannot be limited to one TLS version with insecure_skip_verify: leave out "
        "min_version "
        "and max_version, or verify the server's certificate");
  }
  grpc_ssl_pem_key_cert_pair pair = {material.key.c_str(), material.cert.c_str()};
  ChannelCredentialsPtr credentials(
      grpc_ssl_credentials_create_ex(material.roots.empty() ? nullptr : material.roots.c_str(),
                                     material.cert.empty() ? nullptr : &pair, nullptr, nullptr));
  if (!credentials) return base::InvalidArgument("gRPC does not accept the TLS configuration");
  LimitVersions(material, *reinterpret_cast<grpc_ssl_credentials*>(credentials.get()));
  return credentials;
}

}  // namespace clew::net
