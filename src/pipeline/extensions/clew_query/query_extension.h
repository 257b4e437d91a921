#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "net/grpc_server.h"
#include "net/http_server.h"
#include "pipeline/component.h"
#include "pipeline/extensions/clew_query/config.h"
#include "pipeline/extensions/clew_query/storage_link.h"

namespace clew::pipeline::extensions::clew_query {

/// Listens on the ports of both APIs and answers from the storage extension. Queries run on
/// threads of their own, so that a slow one never holds up what is received.
class QueryExtension final : public pipeline::Extension {
 public:
  /// `config` is validated.
  QueryExtension(std::string id, const ClewQueryConfig& config);
  ~QueryExtension() override;

  /// Answers 503 until the storage extension runs and has replayed its log.
  Status Start(pipeline::Host& host) override;
  /// By now the storage extension must run: else the process is asked to stop.
  void NotifyReady() override;
  void Stop(Deadline deadline) override;

  /// 0 when the API is off or not started.
  std::uint16_t jaeger_port() const { return jaeger_server_ ? jaeger_server_->port() : 0; }
  std::uint16_t tempo_port() const { return tempo_server_ ? tempo_server_->port() : 0; }
  /// 0 when there is none but tempo_port().
  std::uint16_t tempo_grpc_port() const { return grpc_server_ ? grpc_server_->port() : 0; }

 private:
  using ApiHandler = std::function<api::Answer(const net::HttpRequest&)>;
  using IsImmediate = std::function<bool(const net::HttpRequest&)>;

  void Connect();
  Result<std::unique_ptr<net::HttpServer>> Listen(const std::string& api,
                                                  const pipeline::settings::HttpServerSection& http,
                                                  ApiHandler handler, IsImmediate is_immediate,
                                                  const net::GrpcService* grpc = nullptr);
  /// Tempo's API over gRPC.
  Status ListenToGrpc(net::GrpcService service);
  net::GrpcService TempoGrpc(const pipeline::settings::GrpcServerSection& section);
  void Count(const std::string& api, std::string_view route, int status, Deadline began) const;
  net::HttpResponse Observe(const std::string& api, const ApiHandler& handler,
                            const net::HttpRequest& request);

  const std::string id_;
  const ClewQueryConfig config_;
  pipeline::Host* host_ = nullptr;
  StorageLink storage_;
  std::optional<api::jaeger::JaegerApi> jaeger_;
  std::optional<api::tempo::TempoApi> tempo_;
  /// Those of a query do its work; the helpers do parts of it.
  std::unique_ptr<base::WorkerPool> helpers_;
  std::unique_ptr<base::WorkerPool> workers_;
  std::shared_ptr<void> queue_gauge_;
  // Declared last: gone before what their handlers use.
  std::unique_ptr<net::HttpServer> jaeger_server_;
  std::unique_ptr<net::HttpServer> tempo_server_;
  std::unique_ptr<net::GrpcServer> grpc_server_;
};

}  // namespace clew::pipeline::extensions::clew_query
