#include "net/port.h"

#include <memory>
#include <utility>

#include "net/http_tls.h"
#include "net/opening_session.h"

namespace clew::net {
namespace {

void AddCounters(HttpShared& shared) {
  if (shared.options.metrics == nullptr) return;
  shared.abandoned_counter = &shared.options.metrics->Counter(
      "clew_net_requests_abandoned_total",
      "Requests whose client left before the answer; those still queued are not run.",
      {{"server", shared.options.name}});
}

void AddCounters(GrpcShared& shared) {
  if (shared.options.metrics == nullptr) return;
  for (const GrpcMisuse misuse :
       {GrpcMisuse::kProtocol, GrpcMisuse::kSilent, GrpcMisuse::kSlow, GrpcMisuse::kUnread}) {
    shared.closed_counters[static_cast<std::size_t>(misuse)] = &shared.options.metrics->Counter(
        "clew_net_connections_closed_total",
        "gRPC connections closed because of what their client did: it broke the rules of HTTP/2 "
        "or one of its limits (protocol); it did not begin, with 20 s for the handshake "
        "of TLS or the first bytes and 20 s for the rest, or did not answer a ping (silent); its "
        "headers did not end in time, "
        "or came slowly or were too large while memory was short (slow); or it did not take what "
        "it was sent within a minute, or within a second while memory was short (unread).",
        {{"server", shared.options.name}, {"reason", NameOf(misuse)}});
  }
}

}  // namespace

Port::Port(Loops& loops, base::WorkerPool& workers, const Clock& clock, HttpService http,
           std::optional<GrpcService> grpc)
    : shared_(clock), loops_(loops) {
  shared_.http.options = std::move(http.options);
  shared_.http.workers = &workers;
  shared_.http.handler = std::move(http.handler);
  shared_.http.error_handler = std::move(http.error_handler);
  AddCounters(shared_.http);
  if (!grpc) return;
  shared_.grpc.emplace(shared_.group, std::move(grpc->options), &workers,
                       std::move(grpc->handlers));
  AddCounters(*shared_.grpc);
}

Status Port::StartMainlyHttp() {
  const HttpServerOptions& options = shared_.http.options;
  shared_.handshake_timeout = options.handshake_timeout;
  const Nanos head = options.read_header_timeout;
  shared_.first_byte_timeout = head > Nanos(0) ? head : options.read_timeout;
  return Start(options.tls,
               {.listen = options, .idle_time_min = options.idle_time_min, .tells_refused = true});
}

Status Port::StartMainlyGrpc() {
  const GrpcServerOptions& options = shared_.grpc->options;
  shared_.is_mainly_grpc = true;
  shared_.handshake_timeout = shared_.first_byte_timeout = options.handshake_timeout;
  return Start(options.tls, {.listen = options, .idle_time_min = options.idle_time_min});
}

Status Port::Start(const std::optional<TlsOptions>& tls, const SessionHost::Options& options) {
  if (tls) {
    const AlpnProtocols protocols = shared_.is_mainly_grpc ? AlpnProtocols::kHttp2First
                                    : shared_.grpc         ? AlpnProtocols::kHttp1First
                                                           : AlpnProtocols::kHttp1;
    ASSIGN_OR_RETURN(shared_.tls, MakeServerTlsContext(*tls, protocols));
  }
  host_.emplace(shared_.group, loops_, options);
  return host_->Start([this](Loop& loop, base::FileDescriptor descriptor, bool is_refused) {
    return MakeOpeningSession(shared_, loop, CountedConnection(shared_.group, is_refused),
                              std::move(descriptor));
  });
}

HttpServerCounts Port::counts() const {
  return {shared_.group.connection_count(), host_->refused_count(),
          shared_.http.requests_abandoned};
}

void Port::Stop(Deadline deadline) {
  if (host_) host_->Stop(deadline);
}

}  // namespace clew::net
