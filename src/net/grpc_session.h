#pragma once

#include <memory>

#include "net/grpc_call.h"
#include "net/session.h"
#include "net/stream.h"

namespace clew::net {

/// A session that speaks gRPC over a stream socket: reads and writes its bytes, has its calls
/// answered by workers, and ends when its time is over, by the limits of keepalive. TLS has had its
/// handshake.
std::shared_ptr<Session> MakeGrpcSession(GrpcShared& shared, Loop& loop,
                                         CountedConnection connection, Socket stream);
std::shared_ptr<Session> MakeGrpcSession(GrpcShared& shared, Loop& loop,
                                         CountedConnection connection, TlsStream stream);

}  // namespace clew::net
