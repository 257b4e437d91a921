#pragma once

#include <atomic>
#include <cstdint>
#include <memory>

#include "net/http_server.h"
#include "net/session.h"
#include "net/transport.h"

namespace clew::net {

/// What all connections of one server that speak HTTP/1.1 share. Outlives them.
struct HttpShared {
  HttpServerOptions options;
  base::WorkerPool* workers = nullptr;
  HttpHandler handler;
  HttpErrorHandler error_handler;
  std::atomic<std::uint64_t> requests_abandoned{0};
  prometheus::Counter* abandoned_counter = nullptr;
};

/// A session that waits for a request, reads it, has it handled, writes the answer, again.
std::shared_ptr<Session> MakeHttpSession(HttpShared& shared, Loop& loop,
                                         CountedConnection connection,
                                         std::shared_ptr<Transport> transport);

}  // namespace clew::net
