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
#include "base/log_pause.h"
#include "net/grpc_server.h"
#include "net/peer_calls.h"

namespace clew::net {

/// The connections of a gRPC server, whose sockets gRPC has: how many are open, and which of them
/// do what gRPC keeps in memory without a limit of its own. Those are closed, and counted in
/// clew_net_connections_closed_total by the reason:
///
/// - "unanswered": gRPC has read more than kUnansweredBytesMax and a largest message for each call
///   under way and one more, if the headers of any are complete, without writing anything. Whatever
///   a client may send is answered sooner: data by a larger window, a call by its answer, a ping by
///   another. A list of headers without end is not: while no call is known, kHeaderBytesMax are too
///   much, since gRPC makes a hundred bytes of each; unless calls are held back.
/// - All connections together may make gRPC hold what requests may hold; over it the one that does
///   most is closed, with what it does most of as the reason: "unanswered", bytes beyond
///   kUnansweredBytesMax; "calls", 64 KiB for each under way beyond those that a connection may
///   have (whoever has not acknowledged the server's settings is not held to that number), or if
///   that is more, for each whose answer was not taken within a second, with what it has itself;
///   "cancelled", 64 KiB for each that was cancelled within a second. The calls of a connection
///   that is gone count on until gRPC has ended them, which it is slower at than at reading more.
/// - "overload": while those alone are half of what requests may hold, connections of which no call
///   has ended yet are closed if more than kNewcomerBytesMax of them wait to be read, and no new
///   ones are to be accepted.
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
  static constexpr std::uint64_t kHeaderBytesMax = 512u << 10;
  static constexpr std::uint64_t kNewcomerBytesMax = 16u << 10;

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
  /// Calls that have arrived may not be known yet, since no more are asked for now. Any thread.
  void NoteHoldBack() { last_hold_back_ = Clock::now().time_since_epoch().count(); }
  /// gRPC has too much to do for connections that are gone. Any thread.
  bool IsOverloaded() const { return is_overloaded_; }
  /// Of the connection from `address`, "1.2.3.4:5" or "[::1]:5", for its calls to count themselves;
  /// null when there is none. Any thread.
  std::shared_ptr<PeerCalls> Find(const std::string& address) const;

 private:
  using Clock = std::chrono::steady_clock;
  enum class Misuse : std::uint8_t { kUnanswered, kCalls, kCancelled, kOverload };
  /// Bytes that gRPC holds beyond what anybody may make it hold, by the first three of Misuse.
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
  /// That are not taken.
  struct Answers {
    std::uint64_t count = 0;
    std::uint64_t bytes = 0;
    void LowerTo(const Answers& other) {
      count = std::min(count, other.count);
      bytes = std::min(bytes, other.bytes);
    }
  };
  struct Socket {
    int descriptor;
    Identity identity;  // the number may be another socket's meanwhile, its inode may not
    std::string address;
    std::shared_ptr<PeerCalls> told;  // by its calls
    std::intptr_t channelz_id = 0;    // 0: not known yet
    std::uint64_t written = 0;
    std::uint64_t read = 0;
    std::uint64_t unread = 0;
    std::uint64_t seen_calls_max = 0;  // since `written` changed
    int looks_at_headers = 0;          // in a row that found nothing but headers without end
    std::uint64_t read_at_write = 0;   // when `written` was last seen to change
    std::uint64_t read_at_count = 0;   // when `calls` was asked for
    Calls calls{};
    bool is_counted = false;        // in this look
    std::uint64_t work_max = 0;     // the most calls at once that were worked on in this second
    std::uint64_t work_before = 0;  // and in the one before
    Answers answers{};              // the fewest at once in this second that were not taken
    Answers answers_before{};       // and in the one before
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
    /// Read and not answered.
    std::uint64_t unanswered_bytes() const { return read - read_at_write; }
    /// Of these what is beyond what anybody may.
    std::uint64_t excess_bytes() const {
      return unanswered_bytes() - std::min(unanswered_bytes(), kUnansweredBytesMax);
    }
  };

  /// A connection that is gone, whose calls gRPC may still have to end.
  struct Ending {
    std::string address;
    std::shared_ptr<PeerCalls> told;
    std::intptr_t channelz_id = 0;
    std::uint64_t started = 0;  // calls, since its begin
    std::uint64_t calls = 0;    // of these not ended yet, without those that are worked on
    Clock::time_point next_ask{};
  };

  /// Looks while there are connections, until Stop.
  void Watch();
  /// Closes those that misbehave. Gives when to look again: soon, but so that looking takes little
  /// of the time however many they are.
  Clock::duration Look();
  /// Nothing when nothing is open there.
  static std::optional<Identity> Identify(int descriptor);
  /// Asks the kernel.
  void UpdateBytes(Socket& socket);
  bool MayKnowCallsLate() const;
  /// Asks channelz for the connections that it has found since, and which sockets they are.
  void FindConnections();
  /// Asks channelz; nothing when the connection is gone there, too.
  static std::optional<Calls> AskForCalls(std::intptr_t channelz_id);
  static void UpdateCalls(Socket& socket);
  /// The connection is gone, or will be at once.
  void End(const Socket& socket);
  /// Those that have ended are forgotten.
  void UpdateEnding(Clock::time_point now);
  /// Counts what happened in a second.
  static void UpdateSecond(Socket& socket, Clock::time_point now);
  /// It sends what nothing answers, without an end.
  bool IsEndless(const Socket& socket) const;
  Burden BurdenOf(const Socket& socket) const;
  /// What requests may hold; no limit without a budget.
  std::uint64_t BytesMax() const;
  /// While gRPC has too much to do for connections that are gone.
  void CloseNewcomers();
  /// While gRPC holds too much for all together: whoever has most, if that is more than an equal
  /// share, and more than 256 KiB when it is too much only with those that are gone.
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
  std::array<prometheus::Counter*, 4> closed_{};  // by Misuse; null without metrics
  std::intptr_t server_id_ = 0;

  // Of the thread that looks. It asks the kernel and gRPC without the lock, so that a connection
  // that is added never waits for that.
  std::vector<Socket> sockets_;
  std::vector<Ending> ending_;
  std::uint64_t ending_bytes_ = 0;  // that their calls hold
  std::intptr_t next_connection_id_ = 0;
  /// By address those of the last listing that were no socket's here.
  std::unordered_map<std::string, std::intptr_t> unmatched_;
  base::LogPause closed_log_{std::chrono::seconds(1)};
  base::FileDescriptor own_;      // becomes another's for a moment
  base::FileDescriptor nothing_;  // what it is otherwise
  std::thread thread_;

  std::atomic<bool> is_overloaded_ = false;
  std::atomic<Clock::rep> last_hold_back_ = 0;

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<Socket> added_;  // since the last look
  std::size_t count_ = 0;      // with those in added_
  std::unordered_map<std::string, std::shared_ptr<PeerCalls>> by_address_;
  bool is_stopping_ = false;
};

}  // namespace clew::net
