#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "net/tls.h"
#include "pipeline/config/binder.h"

namespace clew::pipeline::settings {

/// The keys that TLS has on both sides (collector-config.md section 4, TLS). What the transport
/// cannot do yet is accepted at its default and refused otherwise, never ignored.
class TlsSection : public Section {
 public:
  void Describe(Binder& binder) override;
  void Validate(Problems& problems) const override;
  /// Adds a problem at "tls" when it asks for versions that gRPC cannot be limited to.
  virtual void CheckGrpcVersions(Problems& problems) const;

  std::string ca_file;
  Secret ca_pem;
  std::string cert_file;
  Secret cert_pem;
  std::string key_file;
  Secret key_pem;
  bool include_system_ca_certs_pool = false;
  std::string min_version = "1.2";
  std::string max_version;
  std::vector<std::string> cipher_suites;
  std::vector<std::string> curve_preferences;
  Nanos reload_interval{0};

 protected:
  net::TlsOptions SharedOptions() const;
  bool has_certificate() const { return !cert_file.empty() || !cert_pem.value.empty(); }
};

class ClientTls final : public TlsSection {
 public:
  void Describe(Binder& binder) override;
  void Validate(Problems& problems) const override;
  void CheckGrpcVersions(Problems& problems) const override;

  /// What to give to a client for `endpoint`; nothing means plaintext. "https://" forces TLS even
  /// when `insecure` is set; "http://" alone does not turn it off.
  std::optional<net::TlsOptions> ToOptions(std::string_view endpoint) const;

  bool insecure = false;
  bool insecure_skip_verify = false;
  std::string server_name_override;
};

class ServerTls final : public TlsSection {
 public:
  void Describe(Binder& binder) override;
  void Validate(Problems& problems) const override;

  net::TlsOptions ToOptions() const;

  std::string client_ca_file;
  bool client_ca_file_reload = false;
};

}  // namespace clew::pipeline::settings
