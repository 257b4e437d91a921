#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "base/compression.h"
#include "net/http_client.h"
#include "pipeline/config/binder.h"
#include "pipeline/settings/auth.h"
#include "pipeline/settings/tls.h"

namespace clew::pipeline::settings {

class CompressionParams final : public Section {
 public:
  void Describe(Binder& binder) override;
  void Validate(Problems& problems) const override;

  std::int64_t level = 0;
};

/// The keys of an HTTP client (collector-config.md section 4). Not final: an exporter adds its own
/// keys beside these.
class HttpClientSection : public Section {
 public:
  void Describe(Binder& binder) override;
  void Validate(Problems& problems) const override;

  /// `user_agent` is used when `headers` has none.
  net::HttpClientOptions ToOptions(std::string_view default_user_agent) const;
  /// How bodies are compressed; kNone when unset.
  base::Compression body_compression() const;

  std::string endpoint;
  std::string proxy_url;
  ClientTls tls;
  std::int64_t read_buffer_size = 0;
  std::int64_t write_buffer_size = 0;
  Nanos timeout{0};
  std::map<std::string, Secret> headers;
  AuthSection auth;
  std::string compression;
  CompressionParams compression_params;
  std::int64_t max_idle_conns = 100;
  std::int64_t max_idle_conns_per_host = 0;
  std::int64_t max_conns_per_host = 0;
  Nanos idle_conn_timeout{std::chrono::seconds(90)};
  bool disable_keep_alives = false;
  Nanos http2_read_idle_timeout{0};
  Nanos http2_ping_timeout{0};
  bool force_attempt_http2 = true;
};

}  // namespace clew::pipeline::settings
