#include "net/grpc_server.h"

#include <grpc/grpc.h>
#include <grpcpp/generic/async_generic_service.h>
#include <grpcpp/resource_quota.h>
#include <grpcpp/server.h>
#include <grpcpp/server_builder.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <boost/asio/io_context.hpp>
#include <chrono>
#include <limits>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include "net/connection_listener.h"
#include "net/grpc_bytes.h"
#include "net/grpc_call.h"
#include "net/grpc_credentials.h"
#include "net/grpc_peers.h"

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

void SetArguments(const GrpcServerOptions& options, grpc::ServerBuilder& builder) {
  const auto set = [&](const char* key, std::int64_t value) {
    constexpr std::int64_t kMax = std::numeric_limits<int>::max();
    builder.AddChannelArgument(key, static_cast<int>(std::clamp<std::int64_t>(value, -1, kMax)));
  };
  const auto set_time = [&](const char* key, Nanos value) {
    if (value > Nanos(0)) set(key, Milliseconds(value));
  };
  set(GRPC_ARG_MAX_RECEIVE_MESSAGE_LENGTH, static_cast<std::int64_t>(options.message_bytes_max));
  // Decompression is ours: gRPC would inflate a small bomb to any size before looking at it.
  set(GRPC_ARG_ENABLE_PER_MESSAGE_DECOMPRESSION, 0);
  set(GRPC_ARG_MAX_METADATA_SIZE, kMetadataReadMax);
  set(GRPC_ARG_SERVER_HANDSHAKE_TIMEOUT_MS, kHandshakeMilliseconds);
  if (options.concurrent_streams_max > 0) {
    set(GRPC_ARG_MAX_CONCURRENT_STREAMS, static_cast<std::int64_t>(options.concurrent_streams_max));
  }
  set_time(GRPC_ARG_KEEPALIVE_TIME_MS, options.keepalive_time);
  set_time(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, options.keepalive_timeout);
  set_time(GRPC_ARG_MAX_CONNECTION_IDLE_MS, options.connection_idle_max);
  set_time(GRPC_ARG_MAX_CONNECTION_AGE_MS, options.connection_age_max);
  set_time(GRPC_ARG_MAX_CONNECTION_AGE_GRACE_MS, options.connection_age_grace);
  set_time(GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS, options.keepalive_min_time);
  set(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, options.keepalive_permit_without_stream ? 1 : 0);
  set(GRPC_ARG_HTTP2_MAX_FRAME_SIZE, kFrameBytesMax);
  set(GRPC_ARG_TCP_READ_CHUNK_SIZE, kReadBytes);
  set(GRPC_ARG_TCP_MAX_READ_CHUNK_SIZE, kReadBytes);
}

/// Accepts connections on a thread of its own and gives them to gRPC: gRPC's own listener stops for
/// good at the first connection for which there is no file descriptor. gRPC may read from a new
/// connection on that thread for as long as the client sends.
class GrpcConnections {
 public:
  using Acceptor = grpc::experimental::ExternalConnectionAcceptor;

  static Result<std::unique_ptr<GrpcConnections>> Listen(const GrpcServerOptions& options) {
    auto connections = std::make_unique<GrpcConnections>(options);
    ASSIGN_OR_RETURN(connections->listener_,
                     ConnectionListener::Listen(connections->context_, options));
    return connections;
  }

  explicit GrpcConnections(const GrpcServerOptions& options) : peers_(options) {}
  ~GrpcConnections() { StopAccepting(); }

  std::uint16_t port() const { return listener_->port(); }
  GrpcPeers& peers() { return peers_; }

  /// Of the server that they are for.
  std::unique_ptr<grpc::Server> BuildAndStart(grpc::ServerBuilder& builder) {
    return peers_.BuildAndStart(builder);
  }

  void Start(std::unique_ptr<Acceptor> acceptor) {
    acceptor_ = std::move(acceptor);
    listener_->Start({.count = [this] { return peers_.Count(); },
                      .take = [this](base::FileDescriptor socket) { Take(std::move(socket)); },
                      .can_take = [this] { return !peers_.IsOverloaded(); }});
    peers_.Start();
    thread_ = std::thread([this] { context_.run(); });
  }

  /// Clients that misbehave are closed still, so that nobody holds this up, nor what follows. Until
  /// the destruction. Idempotent, by one thread at a time.
  void StopAccepting() {
    context_.stop();
    if (thread_.joinable()) thread_.join();
    if (listener_ != nullptr) listener_->Close();
  }

 private:
  void Take(base::FileDescriptor socket) {
    const int on = 1;
    setsockopt(socket.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    peers_.Add(socket.get());
    Acceptor::NewConnectionParameters connection;
    connection.fd = socket.Release();
    acceptor_->HandleNewConnection(&connection);
  }

  boost::asio::io_context context_{1};
  std::unique_ptr<ConnectionListener> listener_;
  std::unique_ptr<Acceptor> acceptor_;
  GrpcPeers peers_;
  std::thread thread_;
};

class CoreGrpcServer final : public GrpcServer {
 public:
  CoreGrpcServer(base::WorkerPool& workers, std::map<std::string, GrpcHandler> handlers) {
    scope_.workers = &workers;
    scope_.handlers = std::move(handlers);
  }

  ~CoreGrpcServer() override { Stop(std::chrono::steady_clock::now()); }

  Status Start(const GrpcServerOptions& options) {
    ASSIGN_OR_RETURN(const std::shared_ptr<grpc::ServerCredentials> credentials,
                     MakeServerCredentials(options.tls));
    ASSIGN_OR_RETURN(connections_, GrpcConnections::Listen(options));
    scope_.peers = &connections_->peers();
    scope_.message_bytes_max = options.message_bytes_max;
    scope_.read_timeout = options.read_timeout;
    scope_.on_refused = options.on_refused;
    scope_.request_memory = options.request_memory;
    grpc::ServerBuilder builder;
    SetArguments(options, builder);
    if (options.request_memory != nullptr) {
      quota_watch_ = options.request_memory->WatchLimit(
          [this](std::uint64_t bytes) { quota_.Resize(static_cast<std::size_t>(bytes)); });
      builder.SetResourceQuota(quota_);
    }
    builder.RegisterAsyncGenericService(&calls_);
    for (auto& queue : queues_) queue = builder.AddCompletionQueue();
    auto acceptor = builder.experimental().AddExternalConnectionAcceptor(
        grpc::ServerBuilder::experimental_type::ExternalConnectionType::FROM_FD, credentials);
    server_ = connections_->BuildAndStart(builder);
    if (server_ == nullptr) return base::Unavailable("the gRPC server cannot be started");
    scope_.server = server_->c_server();
    for (std::size_t i = 0; i < queues_.size(); ++i) call_queues_[i].events = queues_[i]->cq();
    for (CallQueue& queue : call_queues_) threads_.emplace_back([this, &queue] { Run(queue); });
    // Stop waits for the end of each call, which needs the thread of its queue.
    for (CallQueue& queue : call_queues_) {
      for (int n = 0; n < kRequestedCallCount; ++n) InboundCall::Request(scope_, queue);
    }
    connections_->Start(std::move(acceptor));
    return {};
  }

  std::uint16_t port() const override { return connections_->port(); }

  void Stop(Deadline deadline) override {
    const std::scoped_lock lock(stop_mutex_);
    if (is_stopped_ || server_ == nullptr) return;
    is_stopped_ = true;
    connections_->StopAccepting();
    server_->Shutdown(ToGrpcDeadline(deadline));
    // A cancelled call counts as gone for gRPC; its handler may still run and then answers.
    {
      std::unique_lock calls(scope_.mutex);
      scope_.all_answered.wait(calls, [this] { return scope_.call_count == 0; });
    }
    for (auto& queue : queues_) queue->Shutdown();
    // After a start that could not start all threads.
    for (std::size_t i = threads_.size(); i < call_queues_.size(); ++i) Run(call_queues_[i]);
    for (std::thread& thread : threads_) thread.join();
  }

 private:
  void Run(CallQueue& queue) {
    for (;;) {
      const Deadline wake = std::min(InboundCall::NextLate(queue), InboundCall::NextRequest(queue));
      const grpc_event event =
          grpc_completion_queue_next(queue.events, ToGrpcDeadline(wake), nullptr);
      if (event.type == GRPC_QUEUE_SHUTDOWN) return;
      if (event.type == GRPC_OP_COMPLETE) InboundCall::Complete(event.tag, event.success != 0);
      InboundCall::EndLate(queue);
      InboundCall::RequestOwed(scope_, queue);
    }
  }

  const GrpcLibrary library_;
  grpc::ResourceQuota quota_{"requests"};
  std::shared_ptr<void> quota_watch_;
  CallScope scope_;
  /// All methods, so that gRPC answers none by itself.
  grpc::AsyncGenericService calls_;
  std::array<std::unique_ptr<grpc::ServerCompletionQueue>, kNetworkThreadCount> queues_;
  std::array<CallQueue, kNetworkThreadCount> call_queues_;
  std::unique_ptr<grpc::Server> server_;
  std::unique_ptr<GrpcConnections> connections_;
  std::vector<std::thread> threads_;
  std::mutex stop_mutex_;
  bool is_stopped_ = false;
};

}  // namespace

Result<std::unique_ptr<GrpcServer>> GrpcServer::Start(const GrpcServerOptions& options,
                                                      base::WorkerPool& workers,
                                                      std::map<std::string, GrpcHandler> handlers) {
  TRY(GrpcLibrary::CheckThreads());
  auto server = std::make_unique<CoreGrpcServer>(workers, std::move(handlers));
  TRY(server->Start(options));
  return server;
}

}  // namespace clew::net
