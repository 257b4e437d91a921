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

#include "base/file.h"
#include "net/grpc_server.h"

namespace clew::net {

/// What the calls of one connection, which have all their headers, tell of themselves. Any thread.
class PeerCalls {
 public:
  void Begin() { ++open_; }
  /// `is_answered`: EndWork was told.
  void End(bool is_answered) {
    if (is_answered) --answered_;
    --open_;
  }
  /// The message is here; a worker will take it.
  void BeginWork();
  /// It is done with the call, whose answer is next.
  void EndWork() {
    ++answered_;
    --at_work_;
  }
  /// The call that was worked on ends without its answer: its client cancelled it, or is gone.
  void Leave() { ++left_; }

  /// Begun and not ended.
  std::uint64_t open() const { return open_; }
  /// Of these those whose client has not taken the answer. At once, if it takes any.
  std::uint64_t answered() const { return answered_; }
  /// The most that were worked on at once since the last time this was asked.
  std::uint64_t TakeWorkMax() { return at_work_max_.exchange(at_work_); }
  /// Since the connection's begin.
  std::uint64_t left() const { return left_; }

 private:
  std::atomic<std::uint64_t> open_ = 0;
  std::atomic<std::uint64_t> answered_ = 0;
  std::atomic<std::uint64_t> at_work_ = 0;
  std::atomic<std::uint64_t> at_work_max_ = 0;
  std::atomic<std::uint64_t> left_ = 0;
};

/// The connections of a gRPC server, whose sockets gRPC has: how many are open, and which of them
/// do what gRPC keeps in memory without a limit of its own. Those are closed, and counted in
/// clew_net_connections_closed_total by the reason:
///
/// - "unanswered": gRPC has read more than kUnansweredBytesMax and a largest message for each call
///   under way and one more, if the headers of any are complete, without writing anything. Whatever
///   a client may send is answered sooner: data by a larger window, a call by its answer, a ping by
///   another. A list of headers without end is not.
/// - All connections together may make gRPC hold what requests may hold; over it the one that does
///   most is closed, with what it does most of as the reason: "unanswered", bytes beyond
///   kUnansweredBytesMax; "calls", 64 KiB for each under way beyond those that a connection may
///   have (whoever has not acknowledged the server's settings is not held to that number);
///   "cancelled", as much for each that was cancelled within a second.
///
/// Calls that are worked on, or were within the last second, do not count: their clients may have
/// cancelled them long ago, as deadlines do when a disk is slow, and their number and memory have
/// limits of our own.
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
  /// Bytes that gRPC holds beyond what anybody may make it hold, by Misuse.
  using Burden = std::array<std::uint64_t, 3>;

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
    std::shared_ptr<PeerCalls> told;  // by its calls
    std::intptr_t channelz_id = 0;    // 0: not known yet
    std::uint64_t written = 0;
    std::uint64_t read = 0;
    std::uint64_t seen_calls_max = 0;  // since then
    std::uint64_t read_at_write = 0;   // when `written` was last seen to change
    std::uint64_t read_at_count = 0;   // when `calls` was asked for
    Calls calls{};
    std::uint64_t work_max = 0;     // the most calls at once that were worked on in this second
    std::uint64_t work_before = 0;  // and in the one before
    std::uint64_t cancelled = 0;    // since the begin, before they were worked on
    std::uint64_t cancelled_before = 0;   // this second
    std::uint64_t cancelled_in_last = 0;  // within the last one
    Clock::time_point second_begin{};

    std::uint64_t open_calls() const {
      const std::uint64_t ended = calls.succeeded + calls.failed;
      return calls.started - std::min(calls.started, ended);
    }
    /// Of those the ones that gRPC holds for their client. One that was worked on may still be
    /// about to end.
    std::uint64_t held_calls() const {
      const std::uint64_t open = open_calls();
      return open - std::min(open, std::max(work_max, work_before));
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
  /// Counts what happened in a second.
  static void UpdateSecond(Socket& socket, Clock::time_point now);
  /// It sends what nothing answers, without an end.
  bool IsEndless(const Socket& socket) const;
  Burden BurdenOf(const Socket& socket) const;
  /// While gRPC holds too much for all together.
  void CloseLargest();
  /// Has two descriptors kept back for Close. False when there are none left.
  bool KeepFiles();
  /// At once and for both directions, whatever was still to be read; also when no descriptor is
  /// free, since who holds those may be the one that is to be closed. False when it cannot be.
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
  /// By address those of the last listing that were no socket's here.
  std::unordered_map<std::string, std::intptr_t> unmatched_;
  Clock::time_point next_log_;
  base::FileDescriptor own_;      // becomes another's for a moment
  base::FileDescriptor nothing_;  // what it is otherwise
  std::thread thread_;

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<Socket> added_;  // since the last look
  std::size_t count_ = 0;      // with those in added_
  std::unordered_map<std::string, std::shared_ptr<PeerCalls>> by_address_;
  bool is_stopping_ = false;
};

}  // namespace clew::net
