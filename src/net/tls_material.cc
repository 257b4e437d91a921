#include "net/tls_material.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <cstdint>
#include <cstdlib>
#include <memory>

#include "base/input_file.h"

namespace clew::net {
namespace {

using BioPtr = std::unique_ptr<BIO, decltype(&BIO_free)>;
using CertificatePtr = std::unique_ptr<X509, decltype(&X509_free)>;
using KeyPtr = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;

/// Of a bundle of authorities; the system's has about 200 KiB.
constexpr std::uint64_t kPemBytesMax = 16u << 20;

Result<std::string> ReadPem(const std::string& path) {
  Result<std::string> text = base::ReadInputFile(path, kPemBytesMax);
  if (text.has_value()) return text;
  return base::InvalidArgument("failed to load TLS file: {}", text.error().message);
}

Result<std::string> Choose(const std::string& file, const std::string& pem, const char* what) {
  if (!file.empty() && !pem.empty()) {
    return base::InvalidArgument("provide either a {} file or the PEM-encoded string, but not both",
                                 what);
  }
  if (!pem.empty() || file.empty()) return pem;
  return ReadPem(file);
}

Result<int> ParseVersion(const std::string& version) {
  if (version.empty()) return 0;
  if (version == "1.0") return TLS1_VERSION;
  if (version == "1.1") return TLS1_1_VERSION;
  if (version == "1.2") return TLS1_2_VERSION;
  if (version == "1.3") return TLS1_3_VERSION;
  return base::InvalidArgument("unsupported TLS version: \"{}\"", version);
}

std::string OpenSslReason() {
  const unsigned long code = ERR_get_error();
  ERR_clear_error();
  const char* reason = code == 0 ? nullptr : ERR_reason_error_string(code);
  return reason == nullptr ? "not valid PEM" : reason;
}

Status CheckKeyPair(const TlsMaterial& material) {
  const BioPtr cert_bio(
      BIO_new_mem_buf(material.cert.data(), static_cast<int>(material.cert.size())), &BIO_free);
  const CertificatePtr cert(PEM_read_bio_X509(cert_bio.get(), nullptr, nullptr, nullptr),
                            &X509_free);
  if (!cert)
    return base::InvalidArgument("failed to load TLS cert and key: cert: {}", OpenSslReason());
  const BioPtr key_bio(BIO_new_mem_buf(material.key.data(), static_cast<int>(material.key.size())),
                       &BIO_free);
  const auto no_password = [](char*, int, int, void*) { return 0; };
  const KeyPtr key(PEM_read_bio_PrivateKey(key_bio.get(), nullptr, no_password, nullptr),
                   &EVP_PKEY_free);
  if (!key)
    return base::InvalidArgument("failed to load TLS cert and key: key: {}", OpenSslReason());
  if (X509_check_private_key(cert.get(), key.get()) != 1) {
    return base::InvalidArgument("failed to load TLS cert and key: {}", OpenSslReason());
  }
  return {};
}

Status CheckCertificates(const std::string& pem, const char* what) {
  const BioPtr bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())), &BIO_free);
  const CertificatePtr cert(PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr), &X509_free);
  if (!cert) return base::InvalidArgument("failed to load {}: {}", what, OpenSslReason());
  return {};
}

Result<TlsMaterial> LoadCommon(const TlsOptions& options) {
  TlsMaterial material;
  ASSIGN_OR_RETURN(material.roots, Choose(options.ca_file, options.ca_pem, "CA"));
  ASSIGN_OR_RETURN(material.cert, Choose(options.cert_file, options.cert_pem, "certificate"));
  ASSIGN_OR_RETURN(material.key, Choose(options.key_file, options.key_pem, "key"));
  ASSIGN_OR_RETURN(material.min_version, ParseVersion(options.min_version));
  ASSIGN_OR_RETURN(material.max_version, ParseVersion(options.max_version));
  if (material.min_version == 0) material.min_version = TLS1_2_VERSION;
  if (material.max_version != 0 && material.min_version > material.max_version) {
    return base::InvalidArgument("min_version cannot be greater than max_version");
  }
  if (material.cert.empty() != material.key.empty()) {
    return base::InvalidArgument("TLS configuration must include both certificate and key");
  }
  if (!material.cert.empty()) TRY(CheckKeyPair(material));
  if (!material.roots.empty()) TRY(CheckCertificates(material.roots, "CA"));
  return material;
}

Result<std::string> SystemRoots() {
  const char* named = std::getenv(X509_get_default_cert_file_env());
  if (named != nullptr) return ReadPem(named);
  auto roots = ReadPem("/etc/ssl/certs/ca-certificates.crt");
  // Without the system's bundle nothing verifies; the handshake then says so.
  return roots.has_value() ? std::move(*roots) : std::string();
}

}  // namespace

Result<TlsMaterial> LoadServerTls(const TlsOptions& options) {
  ASSIGN_OR_RETURN(TlsMaterial material, LoadCommon(options));
  if (material.cert.empty()) {
    return base::InvalidArgument(
        "TLS configuration must include both certificate and key (cert_file and key_file) for a "
        "server");
  }
  if (!options.client_ca_file.empty()) {
    ASSIGN_OR_RETURN(material.client_ca, ReadPem(options.client_ca_file));
    TRY(CheckCertificates(material.client_ca, "client CA"));
  }
  return material;
}

Result<TlsMaterial> LoadClientTls(const TlsOptions& options) {
  ASSIGN_OR_RETURN(TlsMaterial material, LoadCommon(options));
  if (material.roots.empty() && !options.insecure_skip_verify) {
    ASSIGN_OR_RETURN(material.roots, SystemRoots());
  }
  return material;
}

Status CheckServerTls(const TlsOptions& options) {
  ASSIGN_OR_RETURN(const TlsMaterial ignored, LoadServerTls(options));
  static_cast<void>(ignored);
  return {};
}

Status CheckClientTls(const TlsOptions& options) {
  ASSIGN_OR_RETURN(const TlsMaterial ignored, LoadClientTls(options));
  static_cast<void>(ignored);
  return {};
}

Status CheckVersionsOfHttp2(const TlsMaterial& material) {
  if (material.max_version == 0 || material.max_version >= TLS1_2_VERSION) return {};
  return base::InvalidArgument("gRPC speaks TLS 1.2 and 1.3: set max_version to one of them");
}

}  // namespace clew::net
