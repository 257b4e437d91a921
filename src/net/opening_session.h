#pragma once

#include <memory>

#include "base/file.h"
#include "net/port.h"
#include "net/session.h"

namespace clew::net {

/// A connection whose protocol is not known yet. When it has said that, with its handshake of TLS
/// or with its first bytes, a session that speaks this protocol takes its place. The descriptor
/// does not block.
std::shared_ptr<Session> MakeOpeningSession(PortShared& shared, Loop& loop,
                                            CountedConnection connection,
                                            base::FileDescriptor descriptor);

}  // namespace clew::net
