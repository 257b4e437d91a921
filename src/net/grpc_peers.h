#pragma once

#include <grpcpp/server.h>
#include <grpcpp/server_builder.h>
#include <sys/types.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <unordered_map>
#include <vector>

#include "net/grpc_server.h"

namespace clew::net {

/// How many calls of one connection have all their headers, and have not ended. Any thread.
using PeerCalls = std::atomic<std::uint64_t>;

/// The connections of a gRPC server, whose sockets gRPC has: how many are open, and which of them
/// do what gRPC keeps in memory without a limit of its own. Those are closed, and counted in
/// clew_net_connections_closed_total by the reason:
///
/// - "unanswered": gRPC has read more than kUnansweredBytesMax and a largest message for each call
///   under way and one more, if the headers of any are complete, without writing anything. Whatever
///   a client may send is answered sooner: data by a larger window, a call by its answer, a ping by
///   another. A list of headers without end is not. Beyond kUnansweredBytesMax all connections
///   together may bring what requests may hold; over it the one that brought most is closed.
/// - "calls": more than twice as many calls are under way as a connection may have; whoever never
///   acknowledges the server's settings is not held to that number.
/// - "cancelled": as many were cancelled within a second.
///
/// The kernel tells what a socket has read and written, and gRPC's channelz how many calls of a
/// connection began and ended, before anybody else sees them; both with TLS, too. The looking has a
/// thread of its own: any of gRPC's may be held up by the very client that is to be closed.
class GrpcPeers {
 public:
  static constexpr std::uint64_t kUnansweredBytesMax = 4u << 20;

  /// What `options` point to outlives this.
  explicit GrpcPeers(const GrpcServerOptions& options);
  ~GrpcPeers() { Stop(); }
  GrpcPeers(const GrpcPeers&) = delete;
  GrpcPeers& operator=(const GrpcPeers&) = delete;

  /// Starts the one server whose sockets these are. Null when it cannot be. Before Start.
  std::unique_ptr<grpc::Server> BuildAndStart(grpc::ServerBuilder& builder);
  /// Begins to look. Once.
  void Start();
  /// Ends the looking and waits for that. Idempotent, by one thread at a time.
  void Stop();
  /// To be called while the socket is still ours. It need not be TCP's, but is only counted then.
  /// Any thread.
  void Add(int descriptor);
  /// Never less than are open; those count that were open at the last look. Any thread.
  std::size_t Count() const;
  /// Of the connection from `address`, "1.2.3.4:5" or "[::1]:5", for its calls to count themselves;
  /// null when there is none. Any thread.
  std::shared_ptr<PeerCalls> Find(const std::string& address) const;

 private:
  using Clock = std::chrono::steady_clock;
  enum class Misuse : std::uint8_t { kUnanswered, kCalls, kCancelled };

  /// What a descriptor stands for.
  struct Identity {
    dev_t device = 0;
    ino_t inode = 0;
    bool operator==(const Identity&) const = default;
  };
  /// Calls since the connection's begin.
  struct Calls {
    std::uint64_t started = 0;
    std::uint64_t succeeded = 0;  // answered, whatever the status was
    std::uint64_t failed = 0;     // ended by the client before that
  };
  struct Socket {
    int descriptor;
    Identity identity;  // the number may be another socket's meanwhile, its inode may not
    std::string address;
    std::shared_ptr<PeerCalls> seen_calls;
    std::intptr_t channelz_id = 0;  // 0: not known yet
    std::uint64_t written = 0;
    std::uint64_t read = 0;
    std::uint64_t seen_calls_max = 0;  // since then
    std::uint64_t read_at_write = 0;   // when `written` was last seen to change
    std::uint64_t read_at_count = 0;   // when `calls` was asked for
    Calls calls{};
    std::uint64_t failed_before = 0;  // this second
    Clock::time_point second_end{};

    std::uint64_t open_calls() const {
      const std::uint64_t ended = calls.succeeded + calls.failed;
      return calls.started - std::min(calls.started, ended);
    }
    /// Read and not answered, beyond what anybody may.
    std::uint64_t excess_bytes() const {
      const std::uint64_t bytes = read - read_at_write;
      return bytes - std::min(bytes, kUnansweredBytesMax);
    }
  };

  /// Looks while there are connections, until Stop.
  void Watch();
  /// Closes those that misbehave. Gives when to look again: soon, but so that looking takes little
  /// of the time however many they are.
  Clock::duration Look();
  /// Nothing when nothing is open there.
  static std::optional<Identity> Identify(int descriptor);
  /// Asks the kernel.
  static void UpdateBytes(Socket& socket);
  /// Asks channelz for the connections that it has found since, and which sockets they are.
  void FindConnections();
  void UpdateCalls(Socket& socket);
  void Forget(const Socket& socket);
  std::optional<Misuse> MisuseOf(Socket& socket, Clock::time_point now) const;
  /// While all together have brought too much that was not answered.
  void CloseLargest();
  /// At once and for both directions, whatever was still to be read. False when it cannot be.
  bool Close(const Socket& socket, Misuse misuse);

  const std::string name_;
  const std::uint64_t calls_max_;
  const std::uint64_t message_bytes_max_;
  const base::MemoryAccount* const request_memory_;
  std::array<prometheus::Counter*, 3> closed_{};  // by Misuse; null without metrics
  std::intptr_t server_id_ = 0;

  // Of the thread that looks. It asks the kernel and gRPC without the lock, so that a connection
  // that is added never waits for that.
  std::vector<Socket> sockets_;
  std::intptr_t next_connection_id_ = 0;
  Clock::time_point next_log_;
  std::thread thread_;

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<Socket> added_;  // since the last look
  std::size_t count_ = 0;      // with those in added_
  std::unordered_map<std::string, std::shared_ptr<PeerCalls>> by_address_;
  bool is_stopping_ = false;
};

}  // namespace clew::net
