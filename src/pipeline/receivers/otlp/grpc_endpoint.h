#pragma once

#include <map>
#include <string>

#include "net/grpc_server.h"
#include "pipeline/receiving/intake.h"
#include "pipeline/receiving/tenancy.h"
#include "pipeline/settings/grpc_server.h"

namespace clew::pipeline::receivers::otlp {

/// OTLP/gRPC: from a message to its answer. Any thread.
class GrpcEndpoint {
 public:
  /// All references outlive this.
  GrpcEndpoint(const settings::GrpcServerSection& section, const receiving::TenancySection& tenancy,
               receiving::Intake& intake);

  /// The methods of all signals; of those that are not taken they say how to have them taken. They
  /// answer with an encoded response, or a status; until they have this must live.
  std::map<std::string, net::GrpcHandler> Handlers();
  /// Counts a call that the server refused itself (net/grpc_server.h).
  void CountRefused(const Error& error);

 private:
  base::Later<Result<net::GrpcAnswer>> Handle(model::Signal signal,
                                              const net::GrpcRequest& request);

  const settings::GrpcServerSection& section_;
  const receiving::TenancySection& tenancy_;
  receiving::Intake& intake_;
};

}  // namespace clew::pipeline::receivers::otlp
