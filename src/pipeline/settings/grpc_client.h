#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "net/grpc_client.h"
#include "pipeline/config/binder.h"
#include "pipeline/settings/auth.h"
#include "pipeline/settings/tls.h"

namespace clew::pipeline::settings {

class ClientKeepalive final : public Section {
 public:
  void Describe(Binder& binder) override;

  Nanos time{std::chrono::seconds(10)};
  Nanos timeout{std::chrono::seconds(10)};
  bool permit_without_stream = false;
};

/// The keys of a gRPC client (collector-config.md section 4). Not final: an exporter adds its own
/// keys beside these.
class GrpcClientSection : public Section {
 public:
  void Describe(Binder& binder) override;
  void Validate(Problems& problems) const override;
  bool UsesGrpc() const override { return true; }

  /// `user_agent` is used when the file sets none.
  net::GrpcClientOptions ToOptions(std::string_view default_user_agent) const;

  std::string endpoint;
  std::string compression;
  ClientTls tls;
  bool has_keepalive = false;
  ClientKeepalive keepalive;
  std::int64_t read_buffer_size = 0;
  std::int64_t write_buffer_size = 0;
  bool wait_for_ready = false;
  std::map<std::string, Secret> headers;
  std::string user_agent;
  std::string balancer_name = "round_robin";
  std::string authority;
  AuthSection auth;
};

}  // namespace clew::pipeline::settings
