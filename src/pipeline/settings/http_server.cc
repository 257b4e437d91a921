#include "pipeline/settings/http_server.h"

#include <algorithm>

#include "pipeline/settings/endpoint.h"
#include "pipeline/settings/headers.h"
#include "pipeline/settings/nested.h"

namespace clew::pipeline::settings {
namespace {

void CheckNotNegative(std::string_view key, Nanos value, Problems& problems) {
  if (value < Nanos(0)) {
    problems.Add(key, fmt::format("'{}' must not be negative", key));
  }
}

}  // namespace

void CorsSection::Describe(Binder& binder) {
  binder.Field("allowed_origins", &allowed_origins,
               "Origins of pages that may send; `*` stands for any text; empty: no CORS.");
  binder.Field(
      "allowed_headers", &allowed_headers,
      "Request headers allowed instead of Accept, Content-Type, X-Requested-With; `*`: all.");
  binder.Field("exposed_headers", &exposed_headers, "Response headers that pages may read.");
  binder.Field("max_age", &max_age, "Seconds for which browsers keep the preflight's answer.");
}

void CorsSection::Validate(Problems& problems) const {
  if (max_age < 0) {
    problems.Add("max_age", fmt::format("must not be negative: {}", max_age));
  }
}

void HttpServerSection::Describe(Binder& binder) {
  binder.Field("endpoint", &endpoint, "Address to listen on, host:port; port 0 takes a free one.");
  binder.Choice("transport", &transport, {"tcp", "tcp4", "tcp6"},
                "Addresses to listen on: all of the host, or only those of IPv4 or IPv6.");
  binder.Optional("tls", &has_tls, &tls, "TLS of the server; absent means plaintext.");
  binder.Field("max_connections", &max_connections,
               "Connections open at once; more are refused, and so are those for which file "
               "descriptors are short.");
  binder.Optional("cors", &has_cors, &cors, "Requests from pages of other origins.");
  binder.Nested("auth", &auth, "Who may connect.");
  binder.Field("max_request_body_size", &max_request_body_size,
               "Largest body taken, in bytes, as sent and after decompression.");
  binder.Field("include_metadata", &include_metadata,
               "Carry the request's headers with the data, for processors that use them.");
  binder.Field("response_headers", &response_headers, "Headers added to every answer.");
  binder.Field("compression_algorithms", &compression_algorithms,
               "Content encodings taken; the empty name stands for none.");
  binder.Field("read_timeout", &read_timeout, "For a whole request; 0s means none.");
  binder.Field("read_header_timeout", &read_header_timeout,
               "For the head of a request; 0s means none.");
  binder.Field("write_timeout", &write_timeout, "For an answer; 0s means none.");
  binder.Field("idle_timeout", &idle_timeout, "Between two requests; 0s means none.");
  binder.Field("keep_alives_enabled", &keep_alives_enabled,
               "Keep connections open between requests.");
}

void HttpServerSection::Validate(Problems& problems) const {
  CheckServerEndpoint(endpoint, transport, problems);
  if (has_tls) {
    ValidateNested("tls", tls, problems);
  }
  if (has_cors) {
    ValidateNested("cors", cors, problems);
  }
  ValidateNested("auth", auth, problems);
  if (max_connections == 0) {
    problems.Add("max_connections", "must be greater than zero");
  }
  CheckHeaders("response_headers", response_headers, problems);
  if (max_request_body_size == 0) {
    problems.Add("max_request_body_size", "must be greater than zero");
  }
  for (const std::string& name : compression_algorithms) {
    if (!base::ParseCompression(name).has_value()) {
      problems.Add(
          "compression_algorithms",
          fmt::format("unsupported compression type \"{}\"; use gzip, zstd, zlib, deflate, "
                      "snappy, x-snappy-framed, lz4 or none",
                      name));
    }
  }
  CheckNotNegative("read_timeout", read_timeout, problems);
  CheckNotNegative("read_header_timeout", read_header_timeout, problems);
  CheckNotNegative("write_timeout", write_timeout, problems);
  CheckNotNegative("idle_timeout", idle_timeout, problems);
}

net::HttpServerOptions HttpServerSection::ToOptions() const {
  net::HttpServerOptions options;
  options.endpoint = endpoint;
  options.family = FamilyOf(transport);
  options.connection_count_max = max_connections;
  if (has_tls) {
    options.tls = tls.ToOptions();
  }
  if (has_cors) {
    options.cors = {.allowed_origins = cors.allowed_origins,
                    .allowed_headers = cors.allowed_headers,
                    .exposed_headers = cors.exposed_headers,
                    .max_age_seconds = cors.max_age};
  }
  options.body_bytes_max = max_request_body_size;
  options.read_timeout = read_timeout;
  options.read_header_timeout = read_header_timeout;
  options.write_timeout = write_timeout;
  options.idle_timeout = idle_timeout;
  options.keep_alives_enabled = keep_alives_enabled;
  for (const auto& [name, value] : response_headers) {
    options.response_headers[name] = value.value;
  }
  return options;
}

bool HttpServerSection::AllowsEncoding(std::string_view content_encoding) const {
  const auto named = base::ParseCompression(content_encoding);
  if (!named.has_value() || *named == base::Compression::kNone) {
    return named.has_value();
  }
  return std::ranges::any_of(compression_algorithms, [&](const std::string& name) {
    return base::ParseCompression(name) == named;
  });
}

}  // namespace clew::pipeline::settings
