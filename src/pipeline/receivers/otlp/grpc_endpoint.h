#pragma once

#include <string>

#include "net/grpc_server.h"
#include "pipeline/receivers/otlp/config.h"
#include "pipeline/receivers/otlp/intake.h"
#include "pipeline/settings/grpc_server.h"

namespace clew::pipeline::receivers::otlp {

/// The one method of OTLP/gRPC that takes spans.
inline constexpr const char* kExportTraces =
    "/opentelemetry.proto.collector.trace.v1.TraceService/Export";

/// OTLP/gRPC: from a message to its answer. Any thread.
class GrpcEndpoint {
 public:
  /// All references outlive this.
  GrpcEndpoint(const settings::GrpcServerSection& section, const TenancySection& tenancy,
               Intake& intake);

  /// An encoded ExportTraceServiceResponse, or the status to answer with.
  Result<std::string> Handle(const net::GrpcRequest& request);
  /// Counts a call that the server refused itself (net/grpc_server.h).
  void CountRefused(const Error& error);

 private:
  Result<Context> MakeContext(const net::GrpcRequest& request) const;

  const settings::GrpcServerSection& section_;
  const TenancySection& tenancy_;
  const std::string tenancy_key_;
  Intake& intake_;
};

}  // namespace clew::pipeline::receivers::otlp
