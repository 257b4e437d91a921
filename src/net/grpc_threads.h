#pragma once

#include "base/vocabulary.h"

namespace clew::net {

/// Whether a gRPC client can begin now: RESOURCE_EXHAUSTED when gRPC could not start the threads
/// that it needs. GrpcClient::Create asks it, too; for who has to know before.
Status CheckGrpcThreads();

}  // namespace clew::net
