#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <utility>

#include "base/later.h"
#include "base/memory_budget.h"
#include "base/vocabulary.h"
#include "base/worker_pool.h"
#include "net/listen_options.h"
#include "net/loops.h"
#include "net/tls.h"

namespace clew::net {

struct GrpcRequest {
  /// Full method, e.g. "/opentelemetry.proto.collector.trace.v1.TraceService/Export".
  std::string method;
  /// By lower-case key; only the keys that a caller of Start may need: all client metadata.
  std::multimap<std::string, std::string> metadata;
  std::string client_address;
  /// The message, decompressed (gzip, deflate, zstd, framed snappy).
  Bytes message;
  /// What the client waits at most.
  Deadline deadline = Deadline::max();
  /// Stop is requested when nobody waits for the answer any more: the client has left or has
  /// cancelled the call, or the server stops. Any thread.
  std::stop_token cancelled;
};

/// The next message of an answer of many (server streaming), or nothing at the end. Called on a
/// worker thread, one call at a time, when the client has taken the one before. An error ends the
/// call with that status. Destroyed, on any thread, when the call ends.
using NextMessage = std::function<Result<std::optional<std::string>>()>;

/// What a call is answered with.
struct GrpcAnswer {
  /// The one message of a unary method.
  GrpcAnswer(std::string the_message) : message(std::move(the_message)) {}
  /// The messages of a method that streams.
  explicit GrpcAnswer(NextMessage next) : next_message(std::move(next)) {}

  std::string message;
  NextMessage next_message;  // when it streams
};

/// The answer, at once or later, on any thread; the request is there until it has returned. An
/// Error becomes the gRPC status; retry_after becomes RetryInfo in grpc-status-details-bin (otlp.md
/// section 4).
using GrpcHandler = std::function<base::Later<Result<GrpcAnswer>>(const GrpcRequest&)>;

/// Metadata of one call, counted as HTTP/2 does (32 bytes beside each name and value); values of a
/// field "…-bin" that are joined by commas count as fields of their own.
inline constexpr std::uint64_t kMetadataBytesMax = 128u << 10;

/// A connection over the limit is closed.
struct GrpcServerOptions : ListenOptions {
  std::optional<TlsOptions> tls;
  std::uint64_t message_bytes_max = 4u << 20;
  /// What the requests of all servers of the process may hold (net/request_memory.h): a call from
  /// its first header until its stream is closed, its message until its handler is done, as it
  /// comes, and unpacked ones by their size then. Changes of the limit count at once. Null means no
  /// limit; outlives the server.
  base::MemoryAccount* request_memory = nullptr;
  /// Calls of one connection; more wait at the client, and are refused in a way that it repeats by
  /// itself if it does not. 0 means unlimited.
  std::uint64_t concurrent_streams_max = 256;
  /// Zero: what gRPC's libraries have (keepalive.server_parameters and enforcement_policy).
  Nanos keepalive_time{0};
  Nanos keepalive_timeout{0};
  /// Zero: never.
  Nanos connection_idle_max{std::chrono::minutes(5)};
  Nanos connection_age_max{0};
  Nanos connection_age_grace{0};
  Nanos keepalive_min_time{0};
  bool keepalive_permit_without_stream = false;
  /// From the connection's begin to the end of TLS's handshake or the first byte, and from there to
  /// the first frame of HTTP/2.
  Nanos handshake_timeout{std::chrono::seconds(20)};
  /// A connection without calls for so long may be closed to make room for another.
  Nanos idle_time_min{std::chrono::seconds(2)};
  /// How long a call may take until its message is complete; 0 means for ever.
  Nanos read_timeout{std::chrono::minutes(1)};
  /// Hears of each call to a known method that was refused before its handler ran: too large
  /// (RESOURCE_EXHAUSTED), no memory or too many at once (UNAVAILABLE), too slow
  /// (DEADLINE_EXCEEDED), an encoding that is not known (UNIMPLEMENTED), or a message that is none
  /// (INVALID_ARGUMENT). For counting; any thread, short.
  std::function<void(const Error&)> on_refused;
};

/// What is answered over gRPC.
struct GrpcService {
  GrpcServerOptions options;
  std::map<std::string, GrpcHandler> handlers;
};

struct HttpService;

/// gRPC for methods known by name, unary ones and those that stream their answer, without generated
/// messages: bodies reach the handler untouched. Handlers run on `workers` and may block; when its
/// queue is full the answer is UNAVAILABLE with RetryInfo, and so it is when the memory for
/// requests is used up; a message that could never fit into it is refused for good, with
/// RESOURCE_EXHAUSTED. A call with more metadata than kMetadataBytesMax is refused with
/// RESOURCE_EXHAUSTED. Methods not in `handlers` answer UNIMPLEMENTED. While memory is short calls
/// that wait for their messages, and connections that do not take what they are sent, give way.
class GrpcServer {
 public:
  virtual ~GrpcServer() = default;
  /// Listens when it returns. `loops` and `workers` outlive the server. UNAVAILABLE names the
  /// address when it is taken. `http`, when given, is answered on the same port to whoever speaks
  /// HTTP/1.1; of its options those of listening and TLS do not count. Without it they are told
  /// what the port is for.
  static Result<std::unique_ptr<GrpcServer>> Start(const GrpcServerOptions& options, Loops& loops,
                                                   base::WorkerPool& workers,
                                                   std::map<std::string, GrpcHandler> handlers,
                                                   const HttpService* http = nullptr);
  virtual std::uint16_t port() const = 0;
  /// Idempotent. Calls under way may finish until `deadline`, then they are cancelled; returns when
  /// no handler runs any more and all that was to come later has come.
  virtual void Stop(Deadline deadline) = 0;
};

}  // namespace clew::net
