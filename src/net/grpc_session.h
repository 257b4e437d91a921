#pragma once

#include <memory>

#include "net/grpc_call.h"
#include "net/session.h"
#include "net/transport.h"

namespace clew::net {

/// A session that speaks gRPC over `transport`: reads and writes its bytes, has its calls answered
/// by workers, and ends when its time is over, by the limits of keepalive.
std::shared_ptr<Session> MakeGrpcSession(GrpcShared& shared, Loop& loop,
                                         CountedConnection connection,
                                         std::shared_ptr<Transport> transport);

}  // namespace clew::net
