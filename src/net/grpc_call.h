#pragma once

#include <grpc/grpc.h>

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "base/vocabulary.h"
#include "base/worker_pool.h"
#include "net/grpc_bytes.h"
#include "net/grpc_peers.h"
#include "net/grpc_server.h"
#include "net/request_memory.h"

namespace clew::net {

/// What all calls of one server share. Outlives them.
struct CallScope {
  grpc_server* server = nullptr;
  base::WorkerPool* workers = nullptr;
  GrpcPeers* peers = nullptr;
  std::map<std::string, GrpcHandler> handlers;
  std::function<void(const Error&)> on_refused;
  std::uint64_t message_bytes_max = 0;
  Nanos read_timeout{0};
  base::MemoryAccount* request_memory = nullptr;
  /// Calls waited for, or accepted and not yet answered. Each has an event to come on its queue.
  std::atomic<std::size_t> call_count{0};
  std::mutex mutex;
  std::condition_variable all_answered;  // call_count has become 0, under `mutex`
};

class InboundCall;

/// A completion queue and the calls on it that still wait for their message, in the order in which
/// they began. Belongs to the one thread that asks the queue for events.
struct CallQueue {
  grpc_completion_queue* events = nullptr;
  std::list<InboundCall*> reading;
  /// Of `reading`. One more, and the call that has waited longest gives way: calls that send
  /// nothing hold little memory, and so must not keep those out that do send.
  std::size_t reading_max = 4096;
  /// Reading and answering under way, of any thread. A queue's time for each grows with their
  /// number, and what gRPC has to do for them does not wait for more to begin: with many more than
  /// this it ends fewer calls than it begins, until memory is out.
  std::atomic<std::size_t> operation_count{0};
  std::size_t operation_count_max = 2048;
  /// Calls to be asked for once less is under way, or nothing of it seems to end.
  std::size_t owed_count = 0;
  Deadline owed_since{};
  Deadline last_end{};  // of an operation, since then
};

/// One unary call of a client, from before it arrives until it is answered: requested → message
/// read → handler on a worker → answered. Owns itself. One operation is under way at a time, and so
/// no lock needed, but that a message that does not come in time is still read while the call is
/// answered; both then end on the queue's thread.
class InboundCall {
 public:
  /// Waits on `queue` for the next call. Each event of `queue` must be given to Complete.
  static void Request(CallScope& scope, CallQueue& queue);
  /// `tag` of an event on the queue. Runs on the queue's thread.
  static void Complete(void* tag, bool is_ok);
  /// When the next call on `queue` will have waited too long for its message.
  static Deadline NextLate(const CallQueue& queue);
  /// When calls that are owed are to be asked for, whatever is under way.
  static Deadline NextRequest(const CallQueue& queue);
  /// Asks for those, unless too much is under way. Runs on the queue's thread.
  static void RequestOwed(CallScope& scope, CallQueue& queue);
  /// Ends the calls that have. Runs on the queue's thread.
  static void EndLate(CallQueue& queue);

 private:
  enum class Stage { kRequested, kReading, kAnswering };

  InboundCall(CallScope& scope, CallQueue& queue);
  ~InboundCall();

  /// Those that hold much while they wait for their message give way to those that come. Runs on
  /// the queue's thread.
  static void EndSlow(CallQueue& queue);

  void OnRequested();
  void OnMessage(bool is_ok);
  void RunHandler(const GrpcHandler& handler);
  void EndWork();
  void Answer(Result<std::string> result);
  void Refuse(Error error);
  /// Counts the metadata; an error when there is too much, or no memory for it.
  Status HoldMetadata();
  GrpcRequest MakeRequest() const;

  CallScope& scope_;
  CallQueue& queue_;
  /// Atomic only to hand the other members from the thread that starts an operation to the one that
  /// sees its end, in a way that ThreadSanitizer can follow; gRPC's own hand-over is hidden from
  /// it.
  std::atomic<Stage> stage_ = Stage::kRequested;
  int operation_count_ = 0;  // under way
  std::string client_address_;
  std::shared_ptr<PeerCalls> peer_calls_;    // null when its connection is not known
  std::list<InboundCall*>::iterator place_;  // among those that read
  Deadline begin_;                           // of waiting for the message
  Deadline read_deadline_;
  grpc_call* call_ = nullptr;
  grpc_call_details details_;
  grpc_metadata_array metadata_;
  const GrpcHandler* handler_ = nullptr;
  RequestHold hold_;
  std::uint64_t metadata_bytes_ = 0;  // of what it holds
  grpc_byte_buffer* received_ = nullptr;
  ByteBufferPtr response_;
  int is_cancelled_ = 0;
  bool was_worked_on_ = false;  // of the queue's thread
  bool is_answered_ = false;
};

}  // namespace clew::net
