#pragma once

#include <functional>
#include <string>

#include "net/http_reply.h"
#include "net/http_session.h"

namespace clew::net {

/// The answer of the handler with all that goes with it, or an error in its place when
/// `try_hold` has no memory for what the reply holds. Any thread.
HttpReply MakeHandlersReply(const HttpShared& shared, const HttpRequest& request,
                            HttpResponse response, ReplyPlace place,
                            const std::function<bool(std::uint64_t bytes)>& try_hold);

/// What is answered to a request that never reaches the handler. Any thread.
HttpReply MakeErrorReply(const HttpShared& shared, const HttpRequest& request, int status,
                         const std::string& message, ReplyPlace place);

}  // namespace clew::net
