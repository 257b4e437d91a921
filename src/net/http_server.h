#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/later.h"
#include "base/memory_budget.h"
#include "base/vocabulary.h"
#include "base/worker_pool.h"
#include "net/listen_options.h"
#include "net/loops.h"
#include "net/tls.h"

namespace clew::net {

/// Case-insensitive header fields in their order.
class HttpHeaders {
 public:
  void Add(std::string name, std::string value);
  /// The first value, or empty.
  std::string_view Get(std::string_view name) const;
  bool Has(std::string_view name) const;
  const std::vector<std::pair<std::string, std::string>>& fields() const { return fields_; }

 private:
  std::vector<std::pair<std::string, std::string>> fields_;
};

struct HttpRequest {
  std::string method;
  /// Path as sent, percent-encoding kept, without the query.
  std::string path;
  /// Decoded parameters in their order.
  std::vector<std::pair<std::string, std::string>> query;
  HttpHeaders headers;
  /// As received: Content-Encoding is not undone.
  Bytes body;
  std::string client_address;
  /// When the request was complete: what a time limit for the answer counts from, by the clock
  /// of the server.
  Deadline arrived_at{};
  /// Stop is requested when nobody waits for the answer any more: the client has left, or the
  /// server stops. Whoever answers looks at it in between; any thread.
  std::stop_token cancelled;

  /// The first parameter of this name, or nothing.
  std::optional<std::string_view> Param(std::string_view name) const;
};

/// The next part of an answer that is written while it is sent; empty at the end. Called on a
/// worker thread, one call at a time, when the client has taken what came before. Pieces have some
/// 64 KiB and at most kPieceBytesMax. An error breaks the connection off, so that the client
/// notices.
using NextPiece = std::function<Result<std::string>()>;
inline constexpr std::uint64_t kPieceBytesMax = 256u << 10;

struct HttpResponse {
  int status = 200;
  std::string content_type;
  std::string body;
  HttpHeaders headers;
  /// Instead of `body` and pieces: bytes that others keep, too. They are sent from where
  /// they are, and counted by whoever keeps them.
  Bytes shared_body{};
  /// When given, the answer is `body` and then these pieces (chunked, not compressed). It is asked
  /// until it ends or fails, or is destroyed before when the client leaves. Not asked for HEAD.
  NextPiece next_piece{};
  /// Whatever already counts the memory of `body`; lives until the body is sent. When null the
  /// server counts it.
  std::shared_ptr<void> held{};
};

struct CorsOptions {
  /// Empty: no CORS. Patterns may hold `*`.
  std::vector<std::string> allowed_origins;
  std::vector<std::string> allowed_headers;
  std::vector<std::string> exposed_headers;
  std::int64_t max_age_seconds = 0;
};

/// A connection over the limit gets 503 and is closed. For each one that has waited longest for its
/// next request, or for the end of the handshake of TLS, and at least for `idle_time_min`, is
/// closed to make room.
struct HttpServerOptions : ListenOptions {
  std::optional<TlsOptions> tls;
  CorsOptions cors;
  /// Of the body as sent; more is refused without being read.
  std::uint64_t body_bytes_max = 20u << 20;
  std::uint64_t header_bytes_max = 64u << 10;
  Nanos idle_time_min{std::chrono::seconds(2)};
  /// What the requests of all servers of the process may hold (net/request_memory.h), and what the
  /// answers may; null means no limit. Both outlive the server. An answer that does not fit is
  /// replaced by a 503.
  base::MemoryAccount* request_memory = nullptr;
  base::MemoryAccount* answer_memory = nullptr;
  /// 0 means none. `handshake`: that of TLS; `read`: a whole request; `read_header`: its head;
  /// `idle`: between requests; `write`: until the client takes the next 64 KiB of an answer, or the
  /// rest of it.
  Nanos handshake_timeout{std::chrono::seconds(10)};
  Nanos read_timeout{std::chrono::minutes(1)};
  Nanos read_header_timeout{std::chrono::minutes(1)};
  Nanos write_timeout{std::chrono::minutes(1)};
  Nanos idle_timeout{std::chrono::minutes(3)};
  bool keep_alives_enabled = true;
  std::map<std::string, std::string> response_headers;
  /// Compress responses over 1 KiB when the client accepts gzip.
  bool compress_responses = false;
  /// True for a request that the handler answers at once, without blocking and in next to no time:
  /// it is called on a network thread then, so that the answer waits for no worker. Null: there is
  /// none.
  std::function<bool(const HttpRequest&)> is_immediate{};
};

/// Answers a request, at once or later, on any thread; called on a worker thread, may block (see
/// HttpServerOptions::is_immediate). The request is there until it has returned. Does not throw.
using HttpHandler = std::function<base::Later<HttpResponse>(const HttpRequest&)>;

/// Writes the answer to a request that never reaches the handler: `status` 400 (malformed), 408,
/// 413 (body over the limit, or larger than memory would ever allow), 431, 503 (workers full;
/// Retry-After is added). `request` holds what was read. So that each protocol answers in its own
/// form.
using HttpErrorHandler =
    std::function<HttpResponse(int status, const std::string& message, const HttpRequest& request)>;

/// What is answered over HTTP/1.1.
struct HttpService {
  HttpServerOptions options;
  HttpHandler handler;
  HttpErrorHandler error_handler;
};

struct GrpcService;

/// For the metrics of whoever runs the server.
struct HttpServerCounts {
  std::uint64_t connections = 0;          // open now
  std::uint64_t connections_refused = 0;  // over a limit since the start
  std::uint64_t requests_abandoned = 0;   // whose client left before the answer
};

/// An HTTP/1.1 server: keep-alive, pipelining, chunked bodies, Expect: 100-continue, HEAD, TLS,
/// CORS.
class HttpServer {
 public:
  virtual ~HttpServer() = default;
  /// Listens when it returns. `loops` and `workers` outlive the server. UNAVAILABLE names the
  /// address when it is taken ("listen tcp <addr>: bind: address already in use"). `grpc`, when
  /// given, is spoken on the same port to whoever begins with it; of its options those of listening
  /// and TLS do not count.
  static Result<std::unique_ptr<HttpServer>> Start(const HttpServerOptions& options, Loops& loops,
                                                   base::WorkerPool& workers, HttpHandler handler,
                                                   HttpErrorHandler error_handler,
                                                   const GrpcService* grpc = nullptr);
  virtual std::uint16_t port() const = 0;
  virtual HttpServerCounts counts() const = 0;
  /// Stops accepting and lets requests under way finish until shortly before `deadline`. Then
  /// their handlers are asked to stop (HttpRequest::cancelled), and at `deadline` all connections
  /// are closed. Returns when no handler runs any more and all that was to come later has come, as
  /// they use what the caller destroys next.
  /// Idempotent.
  virtual void Stop(Deadline deadline) = 0;
};

/// %XX and, in queries, '+' undone. Invalid escapes stay as they are.
std::string PercentDecode(std::string_view text, bool plus_is_space);

}  // namespace clew::net
