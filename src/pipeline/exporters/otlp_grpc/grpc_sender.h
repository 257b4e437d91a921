#pragma once

#include <memory>

#include "net/grpc_client.h"
#include "pipeline/sending/sender.h"

namespace clew::pipeline::exporters::otlp_grpc {

/// Sends batches as OTLP/gRPC requests: their bytes as they are, never decoded.
class GrpcSender final : public sending::Sender {
 public:
  explicit GrpcSender(std::unique_ptr<net::GrpcClient> client);
  Result<Receipt> Send(const model::BatchPtr& batch, const Context& context,
                       Deadline deadline) override;
  void Cancel() override { client_->Cancel(); }

 private:
  const std::unique_ptr<net::GrpcClient> client_;
};

}  // namespace clew::pipeline::exporters::otlp_grpc
