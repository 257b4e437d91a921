#pragma once

#include <string>

#include "base/vocabulary.h"

namespace clew::net {

/// Files and texts of a server's or client's TLS (collector-config.md section 4, TLS). A file and
/// its text are not given together. Empty members mean "not set".
struct TlsOptions {
  std::string ca_file;
  std::string ca_pem;
  std::string cert_file;
  std::string cert_pem;
  std::string key_file;
  std::string key_pem;
  std::string min_version = "1.2";
  std::string max_version;
  /// Server: require and verify client certificates against this CA.
  std::string client_ca_file;
  /// Client: do not verify the server's certificate.
  bool insecure_skip_verify = false;
  /// Client: the name to ask for and verify instead of the endpoint's.
  std::string server_name_override;
};

/// What a server's or a client's start would find: INVALID_ARGUMENT when a file cannot be read or
/// certificate and key do not belong together.
Status CheckServerTls(const TlsOptions& options);
Status CheckClientTls(const TlsOptions& options);

}  // namespace clew::net
