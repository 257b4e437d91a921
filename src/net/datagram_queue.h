#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <memory>
#include <mutex>
#include <stop_token>

#include "base/worker_pool.h"
#include "net/datagram_server.h"

namespace clew::net {

/// Datagrams on their way from the socket to whoever handles them. Any thread.
class DatagramQueue : public std::enable_shared_from_this<DatagramQueue> {
 public:
  /// `options` as DatagramServer has them; `workers` and `clock` of them outlive it.
  DatagramQueue(const DatagramOptions& options, base::WorkerPool& workers, DatagramHandler handler)
      : count_max_(options.datagram_count_max),
        worker_count_max_(options.worker_count_max),
        clock_(*options.clock),
        workers_(workers),
        handler_(std::move(handler)) {}

  /// One with a place; null when none is left.
  std::shared_ptr<Datagram> Make();
  /// Has a worker handle it. False when none does: it is dropped.
  [[nodiscard]] bool Put(std::shared_ptr<const Datagram> datagram);
  /// Returns when there is none and no worker is busy; asks those who have them to stop at
  /// `deadline`.
  void WaitUntilEmpty(Deadline deadline);

 private:
  void Work();
  void Leave();

  const std::size_t count_max_;
  const std::size_t worker_count_max_;
  const Clock& clock_;
  base::WorkerPool& workers_;
  const DatagramHandler handler_;
  std::stop_source stop_;
  std::mutex mutex_;
  std::condition_variable emptied_;
  std::deque<std::shared_ptr<const Datagram>> waiting_;
  std::size_t count_ = 0;         // that have a place
  std::size_t worker_count_ = 0;  // that are busy
};

}  // namespace clew::net
