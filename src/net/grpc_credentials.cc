#include "net/grpc_credentials.h"

#include <grpc/grpc_security.h>
#include <openssl/ssl.h>

#include "net/tls_material.h"

namespace clew::net {
namespace {

Status CheckVersions(const TlsMaterial& material) {
  const bool is_narrower = material.min_version > TLS1_2_VERSION ||
                           (material.max_version != 0 && material.max_version < TLS1_3_VERSION);
  if (!is_narrower) return {};
  return base::InvalidArgument(
      "gRPC uses TLS 1.2 and 1.3 and cannot be limited to one of them: set min_version to \"1.2\" "
      "and leave max_version empty");
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

Result<ServerCredentialsPtr> MakeServerCredentials(const std::optional<TlsOptions>& options) {
  if (!options) return ServerCredentialsPtr(grpc_insecure_server_credentials_create());
  ASSIGN_OR_RETURN(const TlsMaterial material, LoadServerTls(*options));
  TRY(CheckVersions(material));
  grpc_ssl_pem_key_cert_pair pair = {material.key.c_str(), material.cert.c_str()};
  const bool is_mutual = !material.client_ca.empty();
  ServerCredentialsPtr credentials(grpc_ssl_server_credentials_create_ex(
      is_mutual ? material.client_ca.c_str() : nullptr, &pair, 1,
      is_mutual ? GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_AND_VERIFY
                : GRPC_SSL_DONT_REQUEST_CLIENT_CERTIFICATE,
      nullptr));
  if (!credentials) return base::InvalidArgument("gRPC does not accept the TLS configuration");
  return credentials;
}

Result<ChannelCredentialsPtr> MakeChannelCredentials(const std::optional<TlsOptions>& options) {
  if (!options) return ChannelCredentialsPtr(grpc_insecure_credentials_create());
  ASSIGN_OR_RETURN(const TlsMaterial material, LoadClientTls(*options));
  TRY(CheckVersions(material));
  if (options->insecure_skip_verify) return MakeUnverified(material);
  grpc_ssl_pem_key_cert_pair pair = {material.key.c_str(), material.cert.c_str()};
  ChannelCredentialsPtr credentials(
      grpc_ssl_credentials_create_ex(material.roots.empty() ? nullptr : material.roots.c_str(),
                                     material.cert.empty() ? nullptr : &pair, nullptr, nullptr));
  if (!credentials) return base::InvalidArgument("gRPC does not accept the TLS configuration");
  return credentials;
}

}  // namespace clew::net
