#pragma once

#include <cstdint>
#include <string>

#include "net/grpc_server.h"
#include "pipeline/config/binder.h"
#include "pipeline/settings/auth.h"
#include "pipeline/settings/tls.h"

namespace clew::pipeline::settings {

/// keepalive.server_parameters; zero means the default (net/grpc_server.h).
class ServerParameters final : public Section {
 public:
  void Describe(Binder& binder) override;

  Nanos max_connection_idle{0};
  Nanos max_connection_age{0};
  Nanos max_connection_age_grace{0};
  Nanos time{0};
  Nanos timeout{0};
};

/// keepalive.enforcement_policy: clients that ping more often are sent away.
class EnforcementPolicy final : public Section {
 public:
  void Describe(Binder& binder) override;

  Nanos min_time{0};
  bool permit_without_stream = false;
};

class ServerKeepalive final : public Section {
 public:
  void Describe(Binder& binder) override;

  ServerParameters server_parameters;
  EnforcementPolicy enforcement_policy;
};

/// The keys of a gRPC server (collector-config.md section 4).
class GrpcServerSection final : public Section {
 public:
  explicit GrpcServerSection(std::string default_endpoint)
      : endpoint(std::move(default_endpoint)) {}
  void Describe(Binder& binder) override;
  void Validate(Problems& problems) const override;

  net::GrpcServerOptions ToOptions() const;
  /// The limit in force: `max_recv_msg_size_mib`, or gRPC's default of 4 MiB.
  std::uint64_t message_bytes_max() const;

  std::string endpoint;
  std::string transport = "tcp";
  bool has_tls = false;
  ServerTls tls;
  std::uint64_t max_connections = net::ListenOptions{}.connection_count_max;
  std::int64_t max_recv_msg_size_mib = 0;
  std::uint64_t max_concurrent_streams = 0;
  std::int64_t read_buffer_size = 0;
  std::int64_t write_buffer_size = 0;
  ServerKeepalive keepalive;
  AuthSection auth;
  bool include_metadata = false;
};

}  // namespace clew::pipeline::settings
