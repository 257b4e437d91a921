#pragma once

#include <string>

#include "net/grpc_server.h"
#include "pipeline/receiving/intake.h"
#include "pipeline/receiving/tenancy.h"
#include "pipeline/settings/grpc_server.h"

namespace clew::pipeline::receivers::otlp {

/// The one method of OTLP/gRPC that takes spans.
inline constexpr const char* kExportTraces =
    "/opentelemetry.proto.collector.trace.v1.TraceService/Export";

/// OTLP/gRPC: from a message to its answer. Any thread.
class GrpcEndpoint {
 public:
  /// All references outlive this.
  GrpcEndpoint(const settings::GrpcServerSection& section, const receiving::TenancySection& tenancy,
               receiving::Intake& intake);

  /// An encoded ExportTraceServiceResponse, or the status to answer with. Until it is there this
  /// must live.
  base::Later<Result<std::string>> Handle(const net::GrpcRequest& request);
  /// Counts a call that the server refused itself (net/grpc_server.h).
  void CountRefused(const Error& error);

 private:
  const settings::GrpcServerSection& section_;
  const receiving::TenancySection& tenancy_;
  receiving::Intake& intake_;
};

}  // namespace clew::pipeline::receivers::otlp
