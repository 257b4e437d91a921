#include "net/grpc_server.h"

#include <utility>

#include "net/http_server.h"
#include "net/port.h"

namespace clew::net {
namespace {

/// Of a request to a port that is for gRPC only.
constexpr std::uint64_t kRefusedBodyBytesMax = 64u << 10;

HttpResponse ToldToUseGrpc() {
  HttpResponse response;
  response.status = 505;
  response.content_type = "text/plain";
  response.body =
      "this port takes gRPC, over HTTP/2: send requests of HTTP/1.1 to the port that is for them\n";
  return response;
}

HttpService RefusalOf(const GrpcServerOptions& options) {
  HttpService service;
  service.options.body_bytes_max = kRefusedBodyBytesMax;
  service.options.request_memory = options.request_memory;
  service.options.metrics = options.metrics;
  service.options.name = options.name;
  service.options.keep_alives_enabled = false;
  service.handler = [](const HttpRequest&) { return ToldToUseGrpc(); };
  service.error_handler = [](int, const std::string&, const HttpRequest&) {
    return ToldToUseGrpc();
  };
  service.options.is_immediate = [](const HttpRequest&) { return true; };
  return service;
}

class PortGrpcServer final : public GrpcServer {
 public:
  PortGrpcServer(Loops& loops, base::WorkerPool& workers, const GrpcService& service,
                 const HttpService* http)
      : port_(loops, workers, *service.options.clock,
              http == nullptr ? RefusalOf(service.options) : *http, service) {}

  Status Start() { return port_.StartMainlyGrpc(); }
  std::uint16_t port() const override { return port_.port(); }
  void Stop(Deadline deadline) override { port_.Stop(deadline); }

 private:
  Port port_;
};

}  // namespace

Result<std::unique_ptr<GrpcServer>> GrpcServer::Start(const GrpcServerOptions& options,
                                                      Loops& loops, base::WorkerPool& workers,
                                                      std::map<std::string, GrpcHandler> handlers,
                                                      const HttpService* http) {
  auto server = std::make_unique<PortGrpcServer>(loops, workers,
                                                 GrpcService{options, std::move(handlers)}, http);
  TRY(server->Start());
  return server;
}

}  // namespace clew::net
