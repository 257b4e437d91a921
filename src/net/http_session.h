#pragma once

#include <atomic>
#include <boost/asio/ssl/context.hpp>
#include <cstdint>
#include <memory>
#include <optional>

#include "base/file.h"
#include "net/http_server.h"
#include "net/session.h"

namespace clew::net {

/// What all connections of one HTTP server share. Outlives them.
struct HttpShared : SessionGroup {
  HttpServerOptions options;
  base::WorkerPool* workers = nullptr;
  HttpHandler handler;
  HttpErrorHandler error_handler;
  std::optional<boost::asio::ssl::context> tls;
  std::atomic<std::uint64_t> requests_abandoned{0};
  prometheus::Counter* abandoned_counter = nullptr;
};

/// A session that waits for a request, reads it, has it handled, writes the answer, again. Of a
/// descriptor that is a TCP socket.
std::shared_ptr<Session> MakeHttpSession(HttpShared& shared, Loop& loop,
                                         base::FileDescriptor descriptor, bool is_refused);

}  // namespace clew::net
