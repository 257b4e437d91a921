#pragma once

#include <boost/asio/ssl/context.hpp>
#include <cstdint>
#include <optional>

#include "base/vocabulary.h"
#include "base/worker_pool.h"
#include "net/grpc_call.h"
#include "net/grpc_server.h"
#include "net/http_server.h"
#include "net/http_session.h"
#include "net/session_host.h"

namespace clew::net {

/// What all connections of one port share. Outlives them.
struct PortShared {
  explicit PortShared(const Clock& clock) : group(clock) {}

  SessionGroup group;
  HttpShared http;
  /// Null: the port does not speak it.
  std::optional<GrpcShared> grpc;
  std::optional<boost::asio::ssl::context> tls;
  /// Of connections that do not say which protocol they speak (those with TLS, which need not), or
  /// nothing at all.
  bool is_mainly_grpc = false;
  /// Zero: none. That of TLS, and then until the client has said which protocol it speaks.
  Nanos handshake_timeout{0};
  Nanos first_byte_timeout{0};
};

/// A port on which HTTP/1.1 and, when given, gRPC are spoken, told apart by ALPN where TLS is, and
/// by the first bytes elsewhere. It is mainly for one of them, whose options of listening, TLS and
/// of connections that have said nothing yet count.
class Port {
 public:
  /// `loops`, `workers` and `clock` outlive the port.
  Port(Loops& loops, base::WorkerPool& workers, const Clock& clock, HttpService http,
       std::optional<GrpcService> grpc);

  /// Listens when it returns. UNAVAILABLE names the address when it is taken. Once.
  Status StartMainlyHttp();
  Status StartMainlyGrpc();

  std::uint16_t port() const { return host_->port(); }
  HttpServerCounts counts() const;
  /// As the servers have it.
  void Stop(Deadline deadline);

 private:
  Status Start(const std::optional<TlsOptions>& tls, const SessionHost::Options& options);

  PortShared shared_;
  Loops& loops_;
  std::optional<SessionHost> host_;
};

}  // namespace clew::net
