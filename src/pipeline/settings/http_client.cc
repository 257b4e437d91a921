#include "pipeline/settings/http_client.h"

#include "pipeline/settings/endpoint.h"
#include "pipeline/settings/headers.h"
#include "pipeline/settings/nested.h"

namespace clew::pipeline::settings {

void CompressionParams::Describe(Binder& binder) {
  binder.Field("level", &level, "Only 0 and 1 (made for speed) are supported.");
}

void CompressionParams::Validate(Problems& problems) const {
  if (level < 0 || level > 1) {
    problems.Add("level", fmt::format("unsupported parameters {{Level:{}}}; remove the level to "
                                      "compress for speed",
                                      level));
  }
}

void HttpClientSection::Describe(Binder& binder) {
  binder.Field("endpoint", &endpoint, "URL to send to.");
  binder.Field("proxy_url", &proxy_url,
               "Proxy to go through; else HTTP_PROXY and HTTPS_PROXY of the environment.");
  binder.Nested("tls", &tls, "TLS towards an https:// server.");
  binder.Field("read_buffer_size", &read_buffer_size,
               "In bytes; accepted for compatibility, the transport sizes its own buffers.");
  binder.Field("write_buffer_size", &write_buffer_size,
               "In bytes; accepted for compatibility, the transport sizes its own buffers.");
  binder.Field("timeout", &timeout, "For one request and its answer; 0s means none.");
  binder.Field("headers", &headers, "Headers sent with every request.");
  binder.Nested("auth", &auth, "How to authenticate.");
  binder.Word("compression", &compression,
              "Of bodies: gzip, zstd, zlib, deflate, snappy, lz4 or none.");
  binder.Nested("compression_params", &compression_params, "How hard to compress.");
  binder.Field("max_idle_conns", &max_idle_conns,
               "Accepted for compatibility; one connection a consumer is kept.");
  binder.Field("max_idle_conns_per_host", &max_idle_conns_per_host,
               "Accepted for compatibility; one connection a consumer is kept.");
  binder.Field("max_conns_per_host", &max_conns_per_host,
               "Accepted for compatibility; num_consumers limits the connections.");
  binder.Field("idle_conn_timeout", &idle_conn_timeout,
               "Accepted for compatibility; the transport ends idle connections itself.");
  binder.Field("disable_keep_alives", &disable_keep_alives,
               "A new connection for every request; only false is supported.");
  binder.Field("http2_read_idle_timeout", &http2_read_idle_timeout,
               "Accepted for compatibility; requests go over HTTP/1.1.");
  binder.Field("http2_ping_timeout", &http2_ping_timeout,
               "Accepted for compatibility; requests go over HTTP/1.1.");
  binder.Field("force_attempt_http2", &force_attempt_http2,
               "Accepted for compatibility; requests go over HTTP/1.1.");
}

void HttpClientSection::Validate(Problems& problems) const {
  CheckUrl("endpoint", endpoint, problems);
  CheckUrl("proxy_url", proxy_url, problems);
  ValidateNested("tls", tls, problems);
  ValidateNested("auth", auth, problems);
  ValidateNested("compression_params", compression_params, problems);
  if (!base::ParseCompression(compression).has_value() ||
      body_compression() == base::Compression::kSnappyFramed) {
    problems.Add("compression",
                 fmt::format("unsupported compression type \"{}\"; use gzip, zstd, zlib, deflate, "
                             "snappy, lz4 or none",
                             compression));
  }
  CheckHeaders("headers", headers, problems);
  if (timeout < Nanos(0)) {
    problems.Add("timeout", "'timeout' must not be negative");
  }
  if (disable_keep_alives) {
    problems.Add("disable_keep_alives", "is not supported; connections are kept and reused");
  }
}

net::HttpClientOptions HttpClientSection::ToOptions(std::string_view default_user_agent) const {
  net::HttpClientOptions options;
  options.tls = tls.ToOptions("https://");
  options.timeout = timeout;
  options.proxy_url = proxy_url;
  for (const auto& [name, value] : headers) {
    options.headers[name] = value.value;
  }
  options.user_agent = std::string(default_user_agent);
  return options;
}

base::Compression HttpClientSection::body_compression() const {
  return base::ParseCompression(compression).value_or(base::Compression::kNone);
}

}  // namespace clew::pipeline::settings
