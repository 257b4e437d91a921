#pragma once

#include <memory>

#include "base/file.h"
#include "net/grpc_call.h"
#include "net/session.h"

namespace clew::net {

/// A session that speaks gRPC over a stream socket: reads and writes its bytes, has its calls
/// answered by workers, and ends when its time is over, by the limits of keepalive.
std::shared_ptr<Session> MakeGrpcSession(GrpcShared& shared, Loop& loop,
                                         base::FileDescriptor descriptor);

}  // namespace clew::net
