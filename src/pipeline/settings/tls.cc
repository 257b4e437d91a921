#include "pipeline/settings/tls.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <utility>

#include "base/url.h"

namespace clew::pipeline::settings {
namespace {

constexpr std::array<std::string_view, 4> kVersions = {"1.0", "1.1", "1.2", "1.3"};

bool IsVersion(std::string_view text) {
  return std::find(kVersions.begin(), kVersions.end(), text) != kVersions.end();
}

std::string UnknownVersion(std::string_view text) {
  return fmt::format("unsupported TLS version: \"{}\"; use {}", text, fmt::join(kVersions, ", "));
}

/// Passes problems on and knows whether there were some.
class WatchedProblems final : public Problems {
 public:
  explicit WatchedProblems(Problems& outer) : outer_(outer) {}
  void Add(std::string_view path, std::string message) override {
    is_empty_ = false;
    outer_.Add(path, std::move(message));
  }
  bool is_empty() const { return is_empty_; }

 private:
  Problems& outer_;
  bool is_empty_ = true;
};

}  // namespace

void TlsSection::Describe(Binder& binder) {
  binder.Field("ca_file", &ca_file, "File with the certificate authorities to trust, PEM.");
  binder.Field("ca_pem", &ca_pem, "The certificate authorities themselves, instead of ca_file.");
  binder.Field("cert_file", &cert_file, "File with the certificate to show, PEM.");
  binder.Field("cert_pem", &cert_pem, "The certificate itself, instead of cert_file.");
  binder.Field("key_file", &key_file, "File with the private key of the certificate, PEM.");
  binder.Field("key_pem", &key_pem, "The private key itself, instead of key_file.");
  binder.Field("include_system_ca_certs_pool", &include_system_ca_certs_pool,
               "Trust the system's authorities; not supported together with ca_file.");
  binder.Field("min_version", &min_version,
               "Lowest TLS version: 1.0, 1.1, 1.2 or 1.3; gRPC has no lower than 1.2.");
  binder.Field("max_version", &max_version, "Highest TLS version; empty means the newest.");
  binder.Field("cipher_suites", &cipher_suites,
               "Only the empty list (the library's) is supported.");
  binder.Field("curve_preferences", &curve_preferences,
               "Only the empty list (the library's) is supported.");
  binder.Field(
      "reload_interval", &reload_interval,
      "How often to read the files again; only 0s (when the component starts) is supported.");
}

void TlsSection::Validate(Problems& problems) const {
  if (!ca_file.empty() && !ca_pem.value.empty()) {
    problems.Add("", "provide either a CA file or the PEM-encoded string, but not both");
  }
  if (!cert_file.empty() && !cert_pem.value.empty()) {
    problems.Add("", "provide either a certificate or the PEM-encoded string, but not both");
  }
  if (!key_file.empty() && !key_pem.value.empty()) {
    problems.Add("", "provide either a key or the PEM-encoded string, but not both");
  }
  const bool has_key = !key_file.empty() || !key_pem.value.empty();
  if (has_certificate() != has_key) {
    problems.Add(
        "", "TLS configuration must include both certificate and key (cert_file and key_file)");
  }
  if (!min_version.empty() && !IsVersion(min_version)) {
    problems.Add("min_version", UnknownVersion(min_version));
  }
  if (!max_version.empty() && !IsVersion(max_version)) {
    problems.Add("max_version", UnknownVersion(max_version));
  }
  if (!max_version.empty() && min_version > max_version) {
    problems.Add("", "min_version cannot be greater than max_version");
  }
  if (include_system_ca_certs_pool && (!ca_file.empty() || !ca_pem.value.empty())) {
    problems.Add("include_system_ca_certs_pool",
                 "is not supported together with ca_file; put all authorities into ca_file");
  }
  if (!cipher_suites.empty()) {
    problems.Add("cipher_suites", "is not supported; remove it to use the library's safe choice");
  }
  if (!curve_preferences.empty()) {
    problems.Add("curve_preferences",
                 "is not supported; remove it to use the library's safe choice");
  }
  if (reload_interval != Nanos(0)) {
    problems.Add("reload_interval", "is not supported; files are read when the component starts");
  }
}

void TlsSection::CheckGrpcVersions(Problems& problems) const {
  if (max_version == "1.0" || max_version == "1.1") {
    problems.Add("tls::max_version", "gRPC speaks TLS 1.2 and 1.3; set max_version to one of them");
  }
}

void ClientTls::CheckGrpcVersions(Problems& problems) const {
  TlsSection::CheckGrpcVersions(problems);
  if (insecure_skip_verify && (min_version == "1.3" || max_version == "1.2")) {
    problems.Add("tls",
                 "gRPC cannot be limited to one TLS version with insecure_skip_verify; leave out "
                 "min_version and max_version, or verify the server's certificate");
  }
}

net::TlsOptions TlsSection::SharedOptions() const {
  net::TlsOptions options;
  options.ca_file = ca_file;
  options.ca_pem = ca_pem.value;
  options.cert_file = cert_file;
  options.cert_pem = cert_pem.value;
  options.key_file = key_file;
  options.key_pem = key_pem.value;
  options.min_version = min_version;
  options.max_version = max_version;
  return options;
}

void ClientTls::Describe(Binder& binder) {
  TlsSection::Describe(binder);
  binder.Field("insecure", &insecure, "Speak plaintext instead of TLS.");
  binder.Field("insecure_skip_verify", &insecure_skip_verify,
               "Do not verify the server's certificate.");
  binder.Field("server_name_override", &server_name_override,
               "Name to ask for and verify instead of the endpoint's.");
}

void ClientTls::Validate(Problems& problems) const {
  WatchedProblems watched(problems);
  TlsSection::Validate(watched);
  const bool has_material = !ca_file.empty() || !ca_pem.value.empty() || has_certificate();
  if (!watched.is_empty() || insecure || !has_material) {
    return;
  }
  if (const Status checked = net::CheckClientTls(SharedOptions()); !checked.has_value()) {
    problems.Add("", checked.error().message);
  }
}

std::optional<net::TlsOptions> ClientTls::ToOptions(std::string_view endpoint) const {
  if (insecure && !base::HasScheme(endpoint, "https")) {
    return std::nullopt;
  }
  net::TlsOptions options = SharedOptions();
  options.insecure_skip_verify = insecure_skip_verify;
  options.server_name_override = server_name_override;
  return options;
}

void ServerTls::Describe(Binder& binder) {
  TlsSection::Describe(binder);
  binder.Field("client_ca_file", &client_ca_file,
               "Require client certificates signed by the authorities in this file.");
  binder.Field("client_ca_file_reload", &client_ca_file_reload,
               "Read client_ca_file again when it changes; only false is supported.");
}

void ServerTls::Validate(Problems& problems) const {
  WatchedProblems watched(problems);
  TlsSection::Validate(watched);
  if (!has_certificate()) {
    watched.Add("", "a server needs a certificate; set cert_file and key_file");
  }
  if (client_ca_file_reload) {
    watched.Add("client_ca_file_reload",
                "is not supported; the file is read when the component starts");
  }
  if (!watched.is_empty()) {
    return;
  }
  if (const Status checked = net::CheckServerTls(ToOptions()); !checked.has_value()) {
    problems.Add("", checked.error().message);
  }
}

net::TlsOptions ServerTls::ToOptions() const {
  net::TlsOptions options = SharedOptions();
  options.client_ca_file = client_ca_file;
  return options;
}

}  // namespace clew::pipeline::settings
