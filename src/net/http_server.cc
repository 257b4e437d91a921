#include "net/http_server.h"

#include <utility>

#include "net/http_session.h"
#include "net/http_tls.h"
#include "net/session_host.h"

namespace clew::net {
namespace {

SessionHost::Options HostOptions(const HttpServerOptions& options) {
  return {.thread_name = "http",
          .listen = options,
          .idle_time_min = options.idle_time_min,
          .tells_refused = true};
}

class BeastHttpServer final : public HttpServer {
 public:
  BeastHttpServer(const HttpServerOptions& options, base::WorkerPool& workers, HttpHandler handler,
                  HttpErrorHandler error_handler)
      : host_(shared_, HostOptions(options)) {
    shared_.options = options;
    shared_.workers = &workers;
    shared_.handler = std::move(handler);
    shared_.error_handler = std::move(error_handler);
  }

  Status Start() {
    if (shared_.options.metrics != nullptr) {
      shared_.abandoned_counter = &shared_.options.metrics->Counter(
          "clew_net_requests_abandoned_total",
          "Requests whose client left before the answer; those still queued are not run.",
          {{"server", shared_.options.name}});
    }
    if (shared_.options.tls) {
      ASSIGN_OR_RETURN(shared_.tls, MakeServerTlsContext(*shared_.options.tls, "http/1.1"));
    }
    return host_.Start([this](Loop& loop, base::FileDescriptor descriptor, bool is_refused) {
      return MakeHttpSession(shared_, loop, std::move(descriptor), is_refused);
    });
  }

  std::uint16_t port() const override { return host_.port(); }

  HttpServerCounts counts() const override {
    return {shared_.connection_count(), host_.refused_count(), shared_.requests_abandoned};
  }

  void Stop(Deadline deadline) override { host_.Stop(deadline); }

 private:
  HttpShared shared_;
  SessionHost host_;
};

}  // namespace

Result<std::unique_ptr<HttpServer>> HttpServer::Start(const HttpServerOptions& options,
                                                      base::WorkerPool& workers,
                                                      HttpHandler handler,
                                                      HttpErrorHandler error_handler) {
  auto server = std::make_unique<BeastHttpServer>(options, workers, std::move(handler),
                                                  std::move(error_handler));
  TRY(server->Start());
  return server;
}

}  // namespace clew::net
