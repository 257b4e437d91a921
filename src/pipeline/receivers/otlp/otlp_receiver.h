#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "net/grpc_server.h"
#include "net/http_server.h"
#include "pipeline/component.h"
#include "pipeline/factory.h"
#include "pipeline/receivers/otlp/config.h"
#include "pipeline/receivers/otlp/grpc_endpoint.h"
#include "pipeline/receivers/otlp/http_endpoint.h"
#include "pipeline/receiving/intake.h"

namespace clew::pipeline::receivers::otlp {

/// Takes what its pipelines take over OTLP/gRPC and OTLP/HTTP. Requests run on the host's workers.
class OtlpReceiver final : public Receiver {
 public:
  OtlpReceiver(const CreateSettings& settings, const Config& config, Consumer& next);
  ~OtlpReceiver() override;

  Status Start(Host& host) override;
  void Stop(Deadline deadline) override;

  /// The ports in use after Start; 0 for a protocol that does not run.
  std::uint16_t grpc_port() const;
  std::uint16_t http_port() const;

 private:
  net::GrpcService MakeGrpcService(Host& host);
  net::HttpService MakeHttpService(Host& host);
  /// `grpc`: null when it is not configured.
  Status StartHttp(Host& host, const net::HttpService& http, const net::GrpcService* grpc);

  const std::string id_;
  const Config config_;
  const wire::otlp::OtlpCodec& codec_;
  /// Of the protocols that run: the others have no metrics.
  std::optional<receiving::Intake> grpc_intake_;
  std::optional<receiving::Intake> http_intake_;
  std::optional<GrpcEndpoint> grpc_endpoint_;
  std::optional<HttpEndpoint> http_endpoint_;
  std::shared_ptr<void> truncation_;
  std::unique_ptr<net::GrpcServer> grpc_server_;
  std::unique_ptr<net::HttpServer> http_server_;
};

}  // namespace clew::pipeline::receivers::otlp
