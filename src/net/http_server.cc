#include "net/http_server.h"

#include <optional>
#include <utility>

#include "net/grpc_server.h"
#include "net/port.h"

namespace clew::net {
namespace {

class PortHttpServer final : public HttpServer {
 public:
  PortHttpServer(Loops& loops, base::WorkerPool& workers, const Clock& clock, HttpService service,
                 const GrpcService* grpc)
      : port_(loops, workers, clock, std::move(service),
              grpc == nullptr ? std::nullopt : std::optional(*grpc)) {}

  Status Start() { return port_.StartMainlyHttp(); }
  std::uint16_t port() const override { return port_.port(); }
  HttpServerCounts counts() const override { return port_.counts(); }
  void Stop(Deadline deadline) override { port_.Stop(deadline); }

 private:
  Port port_;
};

}  // namespace

Result<std::unique_ptr<HttpServer>> HttpServer::Start(const HttpServerOptions& options,
                                                      Loops& loops, base::WorkerPool& workers,
                                                      HttpHandler handler,
                                                      HttpErrorHandler error_handler,
                                                      const GrpcService* grpc) {
  HttpService service{options, std::move(handler), std::move(error_handler)};
  auto server =
      std::make_unique<PortHttpServer>(loops, workers, *options.clock, std::move(service), grpc);
  TRY(server->Start());
  return server;
}

}  // namespace clew::net
