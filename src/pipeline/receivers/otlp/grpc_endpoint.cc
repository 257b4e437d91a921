#include "pipeline/receivers/otlp/grpc_endpoint.h"

#include <algorithm>
#include <cctype>
#include <utility>

#include "pipeline/receivers/otlp/tenancy.h"

namespace clew::pipeline::receivers::otlp {
namespace {

std::string LowerCase(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

}  // namespace

GrpcEndpoint::GrpcEndpoint(const settings::GrpcServerSection& section,
                           const TenancySection& tenancy, Intake& intake)
    : section_(section),
      tenancy_(tenancy),
      tenancy_key_(LowerCase(tenancy.header)),
      intake_(intake) {}

Result<std::string> GrpcEndpoint::Handle(const net::GrpcRequest& request) {
  const auto context = MakeContext(request);
  if (!context.has_value()) {
    intake_.CountRefusedRequest("no_tenant");
    return std::unexpected(context.error());
  }
  model::ReceivedBody received{base::Compression::kNone, request.message};
  ASSIGN_OR_RETURN(const wire::otlp::PartialSuccess partial,
                   intake_.Take(request.message, std::move(received), *context, intake_.NewHold()));
  return wire::otlp::EncodeResponse(partial);
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

Result<Context> GrpcEndpoint::MakeContext(const net::GrpcRequest& request) const {
  Context context;
  std::optional<std::string_view> tenant;
  if (const auto found = request.metadata.find(tenancy_key_); found != request.metadata.end()) {
    tenant = found->second;
  }
  ASSIGN_OR_RETURN(context.tenant, TenantOf(tenancy_, tenant));
  context.client_address = request.client_address;
  if (section_.include_metadata) {
    for (const auto& [name, value] : request.metadata) {
      context.metadata[name].push_back(value);
    }
  }
  return context;
}

}  // namespace clew::pipeline::receivers::otlp
