#include "net/grpc_server.h"

#include <grpc/grpc_security.h>
#include <pthread.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include "net/endpoint.h"
#include "net/grpc_bytes.h"
#include "net/grpc_call.h"
#include "net/grpc_credentials.h"

namespace clew::net {
namespace {

/// Threads that do gRPC's reading and writing; handlers run elsewhere.
constexpr std::size_t kNetworkThreadCount = 2;
/// Calls that may arrive on a queue before its thread must ask for more.
constexpr int kRequestedCallCount = 32;
/// Larger frames and reads than gRPC's 16 and 8 KiB: fewer pieces and system calls for batches of
/// half a megabyte. Reads stay small enough for their memory to be used again from the cache.
constexpr int kFrameBytesMax = 1 << 20;
constexpr int kReadBytes = 32 << 10;
/// What the transport reads of metadata. Much more than a call may have, since beyond it gRPC ends
/// the connection with all its calls.
constexpr std::int64_t kMetadataReadMax = 4 << 20;
/// From the connection's begin to the first frames of HTTP/2.
constexpr std::int64_t kHandshakeMilliseconds = 20'000;

std::int64_t Milliseconds(Nanos nanos) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(nanos).count();
}

ChannelArguments MakeArguments(const GrpcServerOptions& options) {
  ChannelArguments arguments;
  const auto set_time = [&](const char* key, Nanos value) {
    if (value > Nanos(0)) arguments.Set(key, Milliseconds(value));
  };
  const auto message_max = static_cast<std::int64_t>(options.message_bytes_max);
  arguments.Set(GRPC_ARG_MAX_RECEIVE_MESSAGE_LENGTH, message_max);
  // Decompression is ours: gRPC would inflate a small bomb to any size before looking at it.
  arguments.Set(GRPC_ARG_ENABLE_PER_MESSAGE_DECOMPRESSION, std::int64_t{0});
  arguments.Set(GRPC_ARG_MAX_METADATA_SIZE, kMetadataReadMax);
  arguments.Set(GRPC_ARG_SERVER_HANDSHAKE_TIMEOUT_MS, kHandshakeMilliseconds);
  // Two servers on one port would share its connections silently.
  arguments.Set(GRPC_ARG_ALLOW_REUSEPORT, std::int64_t{0});
  if (options.concurrent_streams_max > 0) {
    arguments.Set(GRPC_ARG_MAX_CONCURRENT_STREAMS,
                  static_cast<std::int64_t>(options.concurrent_streams_max));
  }
  set_time(GRPC_ARG_KEEPALIVE_TIME_MS, options.keepalive_time);
  set_time(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, options.keepalive_timeout);
  set_time(GRPC_ARG_MAX_CONNECTION_IDLE_MS, options.connection_idle_max);
  set_time(GRPC_ARG_MAX_CONNECTION_AGE_MS, options.connection_age_max);
  set_time(GRPC_ARG_MAX_CONNECTION_AGE_GRACE_MS, options.connection_age_grace);
  set_time(GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS, options.keepalive_min_time);
  arguments.Set(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS,
                std::int64_t{options.keepalive_permit_without_stream});
  arguments.Set(GRPC_ARG_HTTP2_MAX_FRAME_SIZE, std::int64_t{kFrameBytesMax});
  arguments.Set(GRPC_ARG_TCP_READ_CHUNK_SIZE, std::int64_t{kReadBytes});
  return arguments;
}

class CoreGrpcServer final : public GrpcServer {
 public:
  CoreGrpcServer(base::WorkerPool& workers, std::map<std::string, GrpcHandler> handlers) {
    scope_.workers = &workers;
    scope_.handlers = std::move(handlers);
  }

  ~CoreGrpcServer() override {
    Stop(std::chrono::steady_clock::now());
    if (scope_.server != nullptr) grpc_server_destroy(scope_.server);
    for (grpc_completion_queue* queue : queues_) grpc_completion_queue_destroy(queue);
  }

  Status Start(const GrpcServerOptions& options) {
    ASSIGN_OR_RETURN(const ServerCredentialsPtr credentials, MakeServerCredentials(options.tls));
    scope_.message_bytes_max = options.message_bytes_max;
    scope_.read_timeout = options.read_timeout;
    scope_.on_refused = options.on_refused;
    scope_.request_memory = options.request_memory;
    ChannelArguments arguments = MakeArguments(options);
    if (options.request_memory != nullptr) {
      quota_.reset(grpc_resource_quota_create("requests"));
      grpc_resource_quota_resize(quota_.get(),
                                 static_cast<std::size_t>(options.request_memory->limit()));
      arguments.Set(GRPC_ARG_RESOURCE_QUOTA, quota_.get(), grpc_resource_quota_arg_vtable());
    }
    const grpc_channel_args args = arguments.args();
    scope_.server = grpc_server_create(&args, nullptr);
    for (std::size_t i = 0; i <= kNetworkThreadCount; ++i) {
      queues_.push_back(grpc_completion_queue_create_for_next(nullptr));
      grpc_server_register_completion_queue(scope_.server, queues_.back(), nullptr);
    }
    stop_queue_ = queues_.back();
    TRY(Bind(options, credentials.get()));
    grpc_server_start(scope_.server);
    for (std::size_t i = 0; i < kNetworkThreadCount; ++i) {
      CallQueue& queue = call_queues_[i];
      queue.events = queues_[i];
      for (int n = 0; n < kRequestedCallCount; ++n) InboundCall::Request(scope_, queue);
      threads_.emplace_back([&queue] { Run(queue); });
    }
    return {};
  }

  std::uint16_t port() const override { return port_; }

  void Stop(Deadline deadline) override {
    const std::scoped_lock lock(stop_mutex_);
    if (is_stopped_ || scope_.server == nullptr) return;
    is_stopped_ = true;
    grpc_server_shutdown_and_notify(scope_.server, stop_queue_, this);
    const auto wait = [this](gpr_timespec until) {
      return grpc_completion_queue_next(stop_queue_, until, nullptr).type == GRPC_OP_COMPLETE;
    };
    if (!wait(ToGrpcDeadline(deadline))) {
      grpc_server_cancel_all_calls(scope_.server);
      wait(gpr_inf_future(GPR_CLOCK_MONOTONIC));
    }
    // A cancelled call counts as gone for gRPC; its handler may still run and then answers.
    {
      std::unique_lock calls(scope_.mutex);
      scope_.all_answered.wait(calls, [this] { return scope_.call_count == 0; });
    }
    for (grpc_completion_queue* queue : queues_) grpc_completion_queue_shutdown(queue);
    for (std::thread& thread : threads_) thread.join();
    if (threads_.empty()) {
      for (grpc_completion_queue* queue : queues_) Drain(queue);  // what a failed start left
    } else {
      Drain(stop_queue_);
    }
  }

 private:
  Status Bind(const GrpcServerOptions& options, grpc_server_credentials* credentials) {
    const std::string& endpoint = options.endpoint;
    if (endpoint.starts_with("unix:")) {
      if (grpc_server_add_http2_port(scope_.server, endpoint.c_str(), credentials) == 0) {
        return base::Unavailable("listen {}: the socket cannot be created", endpoint);
      }
      return {};
    }
    ASSIGN_OR_RETURN(const HostPort any, ParseHostPort(endpoint));
    ASSIGN_OR_RETURN(const HostPort address, RestrictTo(options.family, any));
    const int port =
        grpc_server_add_http2_port(scope_.server, address.ToString().c_str(), credentials);
    if (port == 0) return base::Unavailable("{}", DescribeBindFailure(address));
    port_ = static_cast<std::uint16_t>(port);
    return {};
  }

  static void Run(CallQueue& queue) {
    for (;;) {
      const grpc_event event = grpc_completion_queue_next(
          queue.events, ToGrpcDeadline(InboundCall::NextLate(queue)), nullptr);
      if (event.type == GRPC_QUEUE_SHUTDOWN) return;
      if (event.type == GRPC_OP_COMPLETE) InboundCall::Complete(event.tag, event.success != 0);
      InboundCall::EndLate(queue);
    }
  }

  /// A queue must have said that it is shut down before it is destroyed.
  static void Drain(grpc_completion_queue* queue) {
    while (grpc_completion_queue_next(queue, gpr_inf_future(GPR_CLOCK_MONOTONIC), nullptr).type !=
           GRPC_QUEUE_SHUTDOWN) {
    }
  }

  struct QuotaDeleter {
    void operator()(grpc_resource_quota* quota) const { grpc_resource_quota_unref(quota); }
  };

  const GrpcLibrary library_;
  std::unique_ptr<grpc_resource_quota, QuotaDeleter> quota_;
  CallScope scope_;
  std::vector<grpc_completion_queue*> queues_;
  std::array<CallQueue, kNetworkThreadCount> call_queues_;
  grpc_completion_queue* stop_queue_ = nullptr;
  std::vector<std::thread> threads_;
  std::uint16_t port_ = 0;
  std::mutex stop_mutex_;
  bool is_stopped_ = false;
};

}  // namespace

Result<std::unique_ptr<GrpcServer>> GrpcServer::Start(const GrpcServerOptions& options,
                                                      base::WorkerPool& workers,
                                                      std::map<std::string, GrpcHandler> handlers) {
  auto server = std::make_unique<CoreGrpcServer>(workers, std::move(handlers));
  TRY(server->Start(options));
  return server;
}

}  // namespace clew::net
