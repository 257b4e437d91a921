#include "pipeline/receivers/otlp/grpc_endpoint.h"

#include <string_view>
#include <utility>

#include "pipeline/receiving/request_context.h"
#include "wire/otlp/signal_shape.h"

namespace clew::pipeline::receivers::otlp {

namespace {

/// Of a signal that no pipeline takes from here.
net::GrpcHandler Refusing(model::Signal signal) {
  return [signal](const net::GrpcRequest& request) -> Result<net::GrpcAnswer> {
    const std::string_view method = request.method;  // "/service/Export"
    return base::MakeError(Code::kUnimplemented,
                           "unknown service {}: name this receiver in a pipeline of {}",
                           method.substr(1, method.rfind('/') - 1), NameOf(signal));
  };
}

}  // namespace

GrpcEndpoint::GrpcEndpoint(const settings::GrpcServerSection& section,
                           const receiving::TenancySection& tenancy, receiving::Intake& intake)
    : section_(section), tenancy_(tenancy), intake_(intake) {}

std::map<std::string, net::GrpcHandler> GrpcEndpoint::Handlers() {
  std::map<std::string, net::GrpcHandler> handlers;
  for (const model::Signal signal : model::kSignals) {
    net::GrpcHandler handler = Refusing(signal);
    if (intake_.signals().Contains(signal)) {
      handler = [this, signal](const net::GrpcRequest& request) { return Handle(signal, request); };
    }
    handlers.emplace(wire::otlp::ShapeOf(signal).grpc_method, std::move(handler));
  }
  return handlers;
}

base::Later<Result<net::GrpcAnswer>> GrpcEndpoint::Handle(model::Signal signal,
                                                          const net::GrpcRequest& request) {
  const auto context = receiving::ContextOf(request, tenancy_, section_.include_metadata);
  if (!context.has_value()) {
    intake_.CountRefusedRequest("no_tenant");
    return std::unexpected(context.error());
  }
  model::ReceivedBody received{base::Compression::kNone, request.message};
  return intake_.Take(signal, request.message, std::move(received), *context, intake_.NewHold())
      .MapBy([](const Result<wire::otlp::PartialSuccess>& partial) -> Result<net::GrpcAnswer> {
        if (!partial.has_value()) return std::unexpected(partial.error());
        return wire::otlp::EncodeResponse(*partial);
      });
}

void GrpcEndpoint::CountRefused(const Error& error) {
  switch (error.code) {
    case Code::kResourceExhausted:
      return intake_.CountRefusedRequest("too_large");
    case Code::kUnavailable:
      return intake_.CountRefusedRequest("overloaded");
    case Code::kDeadlineExceeded:
      return intake_.CountRefusedRequest("slow_sender");
    default:
      return intake_.CountRefusedRequest("unreadable");
  }
}

}  // namespace clew::pipeline::receivers::otlp
