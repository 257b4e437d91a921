#pragma once

#include <functional>
#include <memory>

#include "net/transport.h"

namespace clew::net {

/// Says that nothing more comes, then reads and drops what the peer still sends, so that it gets
/// the answer and not a reset; calls `close` when it has sent all, or too much. When that takes too
/// long is for the caller to say, who closes the transport then. On the loop's thread; `close` is
/// kept until then.
void Linger(std::shared_ptr<Transport> transport, std::function<void()> close);

}  // namespace clew::net
