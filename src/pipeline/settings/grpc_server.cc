#include "pipeline/settings/grpc_server.h"

#include <limits>

#include "model/limits.h"
#include "pipeline/settings/endpoint.h"
#include "pipeline/settings/nested.h"

namespace clew::pipeline::settings {
namespace {

// What is taken is logged, and so no larger than what the log is read back with. (gRPC itself
// counts sizes in an int.)
constexpr std::int64_t kMessageMibMax = model::kBodyBytesMax >> 20;
/// gRPC counts them in an int.
constexpr std::uint64_t kStreamsMax = std::numeric_limits<std::int32_t>::max();

}  // namespace

void ServerParameters::Describe(Binder& binder) {
  binder.Field("max_connection_idle", &max_connection_idle,
               "Close a connection that was idle for so long; 0s means 5m.");
  binder.Field("max_connection_age", &max_connection_age,
               "Close a connection of this age, so that clients balance anew; 0s means never.");
  binder.Field("max_connection_age_grace", &max_connection_age_grace,
               "Time for calls under way when a connection reaches its age; 0s means unlimited.");
  binder.Field("time", &time, "Ping a silent client after so long; 0s means 2h.");
  binder.Field("timeout", &timeout, "Close when the ping has no answer for so long; 0s means 20s.");
}

void EnforcementPolicy::Describe(Binder& binder) {
  binder.Field("min_time", &min_time,
               "Clients may not ping more often than this; 0s means gRPC's 5m.");
  binder.Field("permit_without_stream", &permit_without_stream,
               "Clients may ping without a call under way.");
}

void ServerKeepalive::Describe(Binder& binder) {
  binder.Nested("server_parameters", &server_parameters, "Age and pings of connections.");
  binder.Nested("enforcement_policy", &enforcement_policy, "What clients may do.");
}

void GrpcServerSection::Describe(Binder& binder) {
  binder.Field("endpoint", &endpoint, "Address to listen on, host:port; port 0 takes a free one.");
  binder.Choice(
      "transport", &transport, {"tcp", "tcp4", "tcp6", "unix"},
      "Addresses to listen on: all of the host, only those of IPv4 or IPv6, or a path (unix).");
  binder.Optional("tls", &has_tls, &tls, "TLS of the server; absent means plaintext.");
  binder.Field("max_connections", &max_connections,
               "Connections open at once; more are refused, and so are those for which file "
               "descriptors are short.");
  binder.Field("max_recv_msg_size_mib", &max_recv_msg_size_mib,
               "Largest message taken, in MiB after decompression; 0 means 4.");
  binder.Field("max_concurrent_streams", &max_concurrent_streams,
               "Calls under way on one connection, more wait at the client; 0 means 256.");
  binder.Field("read_buffer_size", &read_buffer_size,
               "In bytes; accepted for compatibility, the transport sizes its own buffers.");
  binder.Field("write_buffer_size", &write_buffer_size,
               "In bytes; accepted for compatibility, the transport sizes its own buffers.");
  binder.Nested("keepalive", &keepalive, "Life of idle connections.");
  binder.Nested("auth", &auth, "Who may connect.");
  binder.Field("include_metadata", &include_metadata,
               "Carry the request's headers with the data, for processors that use them.");
}

void GrpcServerSection::Validate(Problems& problems) const {
  CheckServerEndpoint(endpoint, transport, problems);
  if (has_tls) {
    ValidateNested("tls", tls, problems);
    tls.CheckGrpcVersions(problems);
  }
  ValidateNested("auth", auth, problems);
  if (max_connections == 0) {
    problems.Add("max_connections", "must be greater than zero");
  }
  if (max_concurrent_streams > kStreamsMax) {
    problems.Add("max_concurrent_streams", fmt::format("must be at most {}, or 0 for 256: {}",
                                                       kStreamsMax, max_concurrent_streams));
  }
  if (max_recv_msg_size_mib < 0 || max_recv_msg_size_mib > kMessageMibMax) {
    problems.Add("max_recv_msg_size_mib", fmt::format("must be between 1 and {}, or 0 for 4: {}",
                                                      kMessageMibMax, max_recv_msg_size_mib));
  }
}

std::uint64_t GrpcServerSection::message_bytes_max() const {
  return max_recv_msg_size_mib == 0 ? net::GrpcServerOptions{}.message_bytes_max
                                    : static_cast<std::uint64_t>(max_recv_msg_size_mib) << 20;
}

net::GrpcServerOptions GrpcServerSection::ToOptions() const {
  net::GrpcServerOptions options;
  options.endpoint =
      transport == "unix" && !endpoint.starts_with("unix:") ? "unix:" + endpoint : endpoint;
  options.family = FamilyOf(transport);
  options.connection_count_max = max_connections;
  if (has_tls) {
    options.tls = tls.ToOptions();
  }
  options.message_bytes_max = message_bytes_max();
  if (max_concurrent_streams > 0) {
    options.concurrent_streams_max = max_concurrent_streams;
  }
  const ServerParameters& parameters = keepalive.server_parameters;
  options.keepalive_time = parameters.time;
  options.keepalive_timeout = parameters.timeout;
  if (parameters.max_connection_idle > Nanos(0)) {
    options.connection_idle_max = parameters.max_connection_idle;
  }
  options.connection_age_max = parameters.max_connection_age;
  options.connection_age_grace = parameters.max_connection_age_grace;
  options.keepalive_min_time = keepalive.enforcement_policy.min_time;
  options.keepalive_permit_without_stream = keepalive.enforcement_policy.permit_without_stream;
  return options;
}

}  // namespace clew::pipeline::settings
