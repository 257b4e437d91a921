#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <stop_token>
#include <string>

#include "base/memory_budget.h"
#include "base/vocabulary.h"
#include "base/worker_pool.h"
#include "net/endpoint.h"
#include "net/loops.h"

namespace clew::net {

/// One message over UDP, to which there is no answer. What it holds counts until it is destroyed.
struct Datagram {
  std::shared_ptr<void> place;  // among those under way; first, so that it is given back last
  base::MemoryHold hold;
  Bytes body;
  std::string sender;           // as PeerAddress has it
  std::stop_token cancelled{};  // stop is requested when the server does not wait any more
};

/// Any thread.
using DatagramHandler = std::function<void(std::shared_ptr<const Datagram> datagram)>;

struct DatagramOptions {
  /// As ListenOptions have them.
  std::string endpoint;
  AddressFamily family = AddressFamily::kAny;
  std::string name;  // in lines of the process log
  const Clock* clock = &base::SystemTime();
  /// A larger one is dropped.
  std::size_t datagram_bytes_max = 65'000;
  /// That wait for a worker or are handled; those that come while there are so many are dropped.
  std::size_t datagram_count_max = 1000;
  /// Workers that handle them at the same time: of the queue of the pool they take as many places.
  std::size_t worker_count_max = 4;
  /// Of the system for what nobody has read yet; 0: as the machine has it. Less than that, when the
  /// machine allows no more, is logged.
  std::size_t socket_buffer_bytes = 0;
  /// What requests of the process may hold; null means no limit. Outlives the server.
  base::MemoryAccount* request_memory = nullptr;
};

/// Datagrams that were dropped, by reason; for the metrics of whoever runs the server.
struct DatagramDrops {
  std::uint64_t too_large = 0;
  /// Too many were under way.
  std::uint64_t queue = 0;
  /// No worker took any.
  std::uint64_t workers = 0;
  std::uint64_t memory = 0;
  /// Came while the system's buffer was full.
  std::uint64_t socket = 0;
};

/// Receives datagrams. Nobody is told what becomes of one, so what is dropped is counted, and
/// logged at most once a minute.
class DatagramServer {
 public:
  /// Listens when it returns. `loops`, `workers` and what the options name outlive the server.
  /// `handler` is called on a worker, may block and does not throw; whoever keeps the datagram
  /// keeps its place. UNAVAILABLE names the address when it is taken.
  static Result<std::unique_ptr<DatagramServer>> Start(const DatagramOptions& options, Loops& loops,
                                                       base::WorkerPool& workers,
                                                       DatagramHandler handler);
  virtual ~DatagramServer() = default;
  virtual std::uint16_t port() const = 0;
  /// Since the start. Any thread.
  virtual DatagramDrops drops() const = 0;
  /// Receives nothing more, and returns when no handler runs and those that were received are gone;
  /// at `deadline` those who have them are asked to stop. Not on a thread of the loops. Idempotent.
  virtual void Stop(Deadline deadline) = 0;
};

}  // namespace clew::net
