#include "pipeline/settings/grpc_client.h"

#include "base/compression.h"
#include "pipeline/settings/endpoint.h"
#include "pipeline/settings/nested.h"

namespace clew::pipeline::settings {

void ClientKeepalive::Describe(Binder& binder) {
  binder.Field("time", &time, "Ping a silent server after so long.");
  binder.Field("timeout", &timeout, "Reconnect when the ping has no answer for so long.");
  binder.Field("permit_without_stream", &permit_without_stream,
               "Ping without a call under way too.");
}

void GrpcClientSection::Describe(Binder& binder) {
  binder.Field("endpoint", &endpoint,
               "Where to send: host:port, dns:///host:port or unix:path; https:// forces TLS.");
  binder.Word("compression", &compression, "Of requests: gzip or none.");
  binder.Nested("tls", &tls, "TLS towards the server; {insecure: true} for plaintext.");
  binder.Optional("keepalive", &has_keepalive, &keepalive, "Pings of idle connections.");
  binder.Field("read_buffer_size", &read_buffer_size,
               "In bytes; accepted for compatibility, the transport sizes its own buffers.");
  binder.Field("write_buffer_size", &write_buffer_size,
               "In bytes; accepted for compatibility, the transport sizes its own buffers.");
  binder.Field("wait_for_ready", &wait_for_ready,
               "Wait for the connection, up to the timeout, instead of failing at once.");
  binder.Field("headers", &headers, "Metadata sent with every request.");
  binder.Field("user_agent", &user_agent, "Name to send instead of the built-in one.");
  binder.Word("balancer_name", &balancer_name, "round_robin or pick_first.");
  binder.Field("authority", &authority, "Value of the :authority header instead of the endpoint.");
  binder.Nested("auth", &auth, "How to authenticate.");
}

void GrpcClientSection::Validate(Problems& problems) const {
  CheckClientEndpoint(endpoint, problems);
  ValidateNested("tls", tls, problems);
  if (!tls.insecure) {
    tls.CheckGrpcVersions(problems);
  }
  ValidateNested("auth", auth, problems);
  const auto parsed = base::ParseCompression(compression);
  if (!parsed.has_value()) {
    problems.Add("compression",
                 fmt::format("unsupported compression type \"{}\"; use gzip or none", compression));
  } else if (*parsed != base::Compression::kNone && *parsed != base::Compression::kGzip) {
    problems.Add("compression",
                 fmt::format("compression type \"{}\" is not supported over gRPC; use gzip or none",
                             compression));
  }
  if (balancer_name != "round_robin" && balancer_name != "pick_first") {
    problems.Add(
        "balancer_name",
        fmt::format("invalid balancer_name: {}; use round_robin or pick_first", balancer_name));
  }
}

net::GrpcClientOptions GrpcClientSection::ToOptions(std::string_view default_user_agent) const {
  net::GrpcClientOptions options;
  options.endpoint = endpoint;
  options.tls = tls.ToOptions(endpoint);
  options.compression = base::ParseCompression(compression).value_or(base::Compression::kNone);
  for (const auto& [name, value] : headers) {
    options.headers[name] = value.value;
  }
  options.user_agent = user_agent.empty() ? std::string(default_user_agent) : user_agent;
  options.authority = authority;
  options.wait_for_ready = wait_for_ready;
  if (has_keepalive) {
    options.keepalive_time = keepalive.time;
    options.keepalive_timeout = keepalive.timeout;
    options.keepalive_permit_without_stream = keepalive.permit_without_stream;
  }
  options.balancer_name = balancer_name;
  return options;
}

}  // namespace clew::pipeline::settings
