#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <future>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/clock.h"
#include "base/memory_budget.h"
#include "base/vocabulary.h"
#include "model/batch.h"
#include "pipeline/context.h"
#include "pipeline/settings/sending.h"

namespace clew::pipeline::sending {

/// One batch as it was offered.
struct QueueItem {
  model::BatchPtr batch;
  Context context;
  /// Set when the offerer waits for the outcome.
  std::shared_ptr<std::promise<Result<Receipt>>> outcome{};
  /// False when the offerer must be told at once that there is no room, whatever
  /// block_on_overflow says.
  bool may_wait = true;
  /// In units of the queue's sizer; set by Offer.
  std::uint64_t size = 0;
  /// The memory of the batch; set by Offer.
  base::MemoryHold memory{};
};

/// Why a batch went: it was large enough, or its time was over.
enum class SendTrigger { kSize, kTime };

/// What one consumer sends together: one item, or those that formed a batch.
struct SendJob {
  SendTrigger trigger = SendTrigger::kSize;
  std::vector<QueueItem> items;
};

/// A bounded queue in memory between Consume and the threads that send; with `batch` it also puts
/// together what belongs together, but for profiles. What is being sent counts against the bound
/// until Release. Any thread; owns none.
class SendQueue {
 public:
  /// `memory` is what all queues of the process hold together, and outlives this.
  /// `partition_count_max` limits the batches that form at the same time; 0 means unlimited.
  SendQueue(const settings::QueueSection& section, const Clock& clock, base::MemoryAccount& memory,
            std::size_t partition_count_max = 0);

  /// Takes `item`. UNAVAILABLE "sending queue is full" when there is no room, in the queue or in
  /// the memory of all (with block_on_overflow it waits while there is something to wait for), the
  /// queue is closed or too many batches form; RESOURCE_EXHAUSTED when the item alone is larger
  /// than the queue or that memory. What can be read again (with a delivery token) is held by its
  /// source, which bounds it, and takes no memory here.
  Status Offer(QueueItem item);
  /// Waits for something to send; nothing when the queue is closed and empty.
  std::optional<SendJob> Take();
  /// Gives the room of a job back that Take gave out.
  void Release(SendJob job);
  /// Refuses offers from now on and lets waiting batches go at once.
  void Close();
  /// Lets waiting batches go at once, unless others are on their way. Whether any is now.
  bool HandOut();
  /// Ends waits for room that are under way: UNAVAILABLE, as without block_on_overflow.
  void ReleaseOfferers();

  /// What waits and what is being sent, in units of the sizer.
  std::uint64_t size() const;
  /// Memory that it has taken, in bytes.
  std::uint64_t held_bytes() const;
  /// Batches that form now.
  std::size_t partition_count() const;
  std::uint64_t capacity() const { return section_.queue_size; }

 private:
  struct Forming {
    std::string key;
    Nanos due{0};
    std::uint64_t size = 0;
    SendJob job{};
  };

  std::string PartitionKey(const QueueItem& item) const;
  // Takes the memory of `item` when there is room for it.
  Status AwaitRoom(std::unique_lock<std::mutex>& lock, QueueItem& item, std::uint64_t bytes);
  Status AddToBatch(QueueItem item);
  void MakeReady(std::list<Forming>::iterator forming, SendTrigger trigger);

  const settings::QueueSection section_;
  std::vector<std::string> metadata_keys_;  // lower case
  const Clock& clock_;
  base::MemoryAccount& memory_;
  const std::size_t partition_count_max_;
  mutable std::mutex mutex_;
  std::condition_variable work_;
  std::condition_variable room_;
  std::uint64_t size_ = 0;
  std::uint64_t held_bytes_ = 0;
  bool is_closed_ = false;
  std::uint64_t release_count_ = 0;
  std::deque<SendJob> ready_;
  std::size_t sending_count_ = 0;  // jobs between Take and Release
  // In the order they are due, since all wait equally long.
  std::list<Forming> forming_;
  std::unordered_map<std::string, std::list<Forming>::iterator> forming_by_key_;
};

}  // namespace clew::pipeline::sending
