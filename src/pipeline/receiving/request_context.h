#pragma once

#include "net/grpc_server.h"
#include "net/http_server.h"
#include "pipeline/context.h"
#include "pipeline/receiving/tenancy.h"

namespace clew::pipeline::receiving {

/// What travels beside the spans of a request: its tenant, its sender and, with `has_metadata`, its
/// headers. Errors are those of base::ReadTenantHeader.
Result<Context> ContextOf(const net::HttpRequest& request, const TenancySection& tenancy,
                          bool has_metadata);
/// The same of a gRPC call and its metadata.
Result<Context> ContextOf(const net::GrpcRequest& request, const TenancySection& tenancy,
                          bool has_metadata);

}  // namespace clew::pipeline::receiving
