#include "pipeline/exporters/otlp_grpc/grpc_sender.h"

#include <algorithm>
#include <string>
#include <utility>

#include "wire/otlp/response.h"
#include "wire/otlp/signal_shape.h"

namespace clew::pipeline::exporters::otlp_grpc {
GrpcSender::GrpcSender(std::unique_ptr<net::GrpcClient> client) : client_(std::move(client)) {}

Result<Receipt> GrpcSender::Send(const model::BatchPtr& batch, const Context&, Deadline deadline) {
  const std::string method(wire::otlp::ShapeOf(batch->signal()).grpc_method);
  ASSIGN_OR_RETURN(const std::string answer, client_->Call(method, batch->wire(), deadline));
  const auto partial = wire::otlp::DecodeResponse(answer);
  if (!partial.has_value()) {
    // The status was OK, so the data was taken; sending it again would double it.
    return Receipt{.rejected_items = 0, .message = "the answer is no OTLP response"};
  }
  return Receipt{.rejected_items =
                     static_cast<std::uint64_t>(std::max<std::int64_t>(partial->rejected_items, 0)),
                 .message = partial->error_message};
}

}  // namespace clew::pipeline::exporters::otlp_grpc
