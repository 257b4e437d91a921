#include "net/grpc_server.h"

#include <array>
#include <cstddef>
#include <utility>

#include "net/grpc_session.h"
#include "net/http_tls.h"
#include "net/session_host.h"

namespace clew::net {
namespace {

SessionHost::Options HostOptions(const GrpcServerOptions& options) {
  return {.thread_name = "grpc", .listen = options, .idle_time_min = options.idle_time_min};
}

class H2GrpcServer final : public GrpcServer {
 public:
  H2GrpcServer(const GrpcServerOptions& options, base::WorkerPool& workers,
               std::map<std::string, GrpcHandler> handlers)
      : host_(shared_, HostOptions(options)) {
    shared_.options = options;
    shared_.workers = &workers;
    shared_.handlers = std::move(handlers);
  }

  Status Start() {
    AddCounters();
    if (shared_.options.tls) {
      ASSIGN_OR_RETURN(shared_.tls, MakeServerTlsContext(*shared_.options.tls, "h2"));
    }
    return host_.Start([this](Loop& loop, base::FileDescriptor descriptor, bool /*is_refused*/) {
      return MakeGrpcSession(shared_, loop, std::move(descriptor));
    });
  }

  std::uint16_t port() const override { return host_.port(); }
  void Stop(Deadline deadline) override { host_.Stop(deadline); }

 private:
  void AddCounters() {
    if (shared_.options.metrics == nullptr) return;
    for (const GrpcMisuse misuse :
         {GrpcMisuse::kProtocol, GrpcMisuse::kSilent, GrpcMisuse::kSlow, GrpcMisuse::kUnread}) {
      shared_.closed_counters[static_cast<std::size_t>(misuse)] = &shared_.options.metrics->Counter(
          "clew_net_connections_closed_total",
          "gRPC connections closed because of what their client did: it broke the rules of HTTP/2 "
          "or one of its limits (protocol); it did not begin within 20 s, or did not answer a ping "
          "(silent); the headers of a call did not end in time, or came slowly while memory was "
          "short (slow); or it did not take what it was sent within a minute, or within a second "
          "while memory was short (unread).",
          {{"server", shared_.options.name}, {"reason", NameOf(misuse)}});
    }
  }

  GrpcShared shared_;
  SessionHost host_;
};

}  // namespace

Result<std::unique_ptr<GrpcServer>> GrpcServer::Start(const GrpcServerOptions& options,
                                                      base::WorkerPool& workers,
                                                      std::map<std::string, GrpcHandler> handlers) {
  auto server = std::make_unique<H2GrpcServer>(options, workers, std::move(handlers));
  TRY(server->Start());
  return server;
}

}  // namespace clew::net
