#pragma once

#include <string>

#include "base/vocabulary.h"
#include "net/tls.h"

namespace clew::net {

/// The PEM texts that TlsOptions name, read and checked.
struct TlsMaterial {
  std::string roots;  // client: what the server's certificate is verified against
  std::string cert;   // empty when there is none; then so is key
  std::string key;
  std::string client_ca;  // server: empty means that clients need no certificate
  int min_version = 0;    // OpenSSL's TLS1_2_VERSION and so on
  int max_version = 0;    // 0: the highest
};

/// Reads the files. INVALID_ARGUMENT in the words of collector-config.md section 4 when options
/// contradict, a file cannot be read, or certificate and key do not belong together. A server needs
/// certificate and key.
Result<TlsMaterial> LoadServerTls(const TlsOptions& options);
/// Roots are the system's when no CA is named.
Result<TlsMaterial> LoadClientTls(const TlsOptions& options);

/// INVALID_ARGUMENT when the highest version is one that gRPC, and HTTP/2, do not speak.
Status CheckVersionsOfHttp2(const TlsMaterial& material);

}  // namespace clew::net
