#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "base/compression.h"
#include "net/http_server.h"
#include "pipeline/config/binder.h"
#include "pipeline/settings/auth.h"
#include "pipeline/settings/tls.h"

namespace clew::pipeline::settings {

class CorsSection final : public Section {
 public:
  void Describe(Binder& binder) override;
  void Validate(Problems& problems) const override;

  std::vector<std::string> allowed_origins;
  std::vector<std::string> allowed_headers;
  std::vector<std::string> exposed_headers;
  std::int64_t max_age = 0;
};

/// The keys of an HTTP server (collector-config.md section 4).
/// Not final: a receiver adds its own keys beside these.
class HttpServerSection : public Section {
 public:
  explicit HttpServerSection(std::string default_endpoint)
      : endpoint(std::move(default_endpoint)) {}
  void Describe(Binder& binder) override;
  void Validate(Problems& problems) const override;

  net::HttpServerOptions ToOptions() const;
  /// False for an encoding that `compression_algorithms` leaves out. "identity" is always allowed.
  bool AllowsEncoding(std::string_view content_encoding) const;

  std::string endpoint;
  std::string transport = "tcp";
  bool has_tls = false;
  ServerTls tls;
  std::uint64_t max_connections = net::ListenOptions{}.connection_count_max;
  bool has_cors = false;
  CorsSection cors;
  AuthSection auth;
  std::uint64_t max_request_body_size = 20u << 20;
  bool include_metadata = false;
  std::map<std::string, Secret> response_headers;
  std::vector<std::string> compression_algorithms = {
      "", "gzip", "zstd", "zlib", "snappy", "deflate", "lz4", "x-snappy-framed"};
  Nanos read_timeout{std::chrono::minutes(1)};
  Nanos read_header_timeout{std::chrono::minutes(1)};
  Nanos write_timeout{std::chrono::seconds(30)};
  Nanos idle_timeout{std::chrono::minutes(1)};
  bool keep_alives_enabled = true;
};

}  // namespace clew::pipeline::settings
