#include "pipeline/sending/send_queue.h"

#include <fmt/core.h>

#include <algorithm>
#include <utility>

#include "base/letter_case.h"
#include "base/worker_pool.h"

namespace clew::pipeline::sending {
namespace {

std::uint64_t Measure(const model::Batch& batch, const std::string& sizer) {
  if (sizer == "bytes") {
    return batch.byte_size();
  }
  return sizer == "items" ? batch.item_count() : 1;
}

void AppendPart(std::string_view part, std::string& key) {
  key += std::to_string(part.size());
  key += ':';
  key += part;
}

}  // namespace

SendQueue::SendQueue(const settings::QueueSection& section, const Clock& clock,
                     base::MemoryAccount& memory, std::size_t partition_count_max)
    : section_(section), clock_(clock), memory_(memory), partition_count_max_(partition_count_max) {
  for (const std::string& name : section.batch.partition.metadata_keys) {
    metadata_keys_.push_back(base::LowerCase(name));
  }
}

Status SendQueue::Offer(QueueItem item) {
  item.size = Measure(*item.batch, section_.sizer);
  if (item.size > capacity()) {
    return MakeError(Code::kResourceExhausted,
                     "element size too large: {} {} in one request, the queue holds {}; send "
                     "smaller requests or raise its size",
                     item.size, section_.sizer, capacity());
  }
  const std::uint64_t bytes = item.context.delivery ? 0 : item.batch->held_bytes();
  if (bytes > memory_.limit()) {
    return MakeError(Code::kResourceExhausted,
                     "element size too large: {} bytes in one request, queues may hold {}; send "
                     "smaller requests or raise the memory limit",
                     bytes, memory_.limit());
  }
  item.memory = base::MemoryHold(memory_);
  std::unique_lock lock(mutex_);
  TRY(AwaitRoom(lock, item, bytes));
  if (section_.has_batch && !item.batch->codec().goes_whole()) {
    TRY(AddToBatch(std::move(item)));
  } else {
    size_ += item.size;
    held_bytes_ += item.memory.bytes();
    ready_.emplace_back().items.push_back(std::move(item));
  }
  work_.notify_one();
  return {};
}

Status SendQueue::AwaitRoom(std::unique_lock<std::mutex>& lock, QueueItem& item,
                            std::uint64_t bytes) {
  const auto has_room = [&] {
    return size_ + item.size <= capacity() && item.memory.TryGrow(bytes);
  };
  bool is_taken = has_room();
  // What others hold is given back without a word to this queue: wait only for its own.
  const std::uint64_t releases_before = release_count_;
  while (section_.block_on_overflow && item.may_wait && !is_taken && !is_closed_ && size_ > 0 &&
         release_count_ == releases_before) {
    const base::WorkerPool::BlockingScope waiting;
    room_.wait(lock);
    is_taken = !is_closed_ && has_room();
  }
  if (is_closed_) {
    return base::Unavailable("sending queue is stopped");
  }
  if (is_taken) {
    return {};
  }
  std::string message = "sending queue is full: ";
  if (size_ + item.size <= capacity()) {
    message += fmt::format(
        "all queues hold {} of {} bytes, send again later or raise limit_mib of memory_limiter",
        memory_.used(), memory_.limit());
  } else {
    message +=
        fmt::format("it holds {} of {} {}, send again later or raise sending_queue::queue_size",
                    size_, capacity(), section_.sizer);
  }
  return std::unexpected(Error{Code::kUnavailable, std::move(message), std::chrono::seconds(1)});
}

Status SendQueue::AddToBatch(QueueItem item) {
  std::string key = PartitionKey(item);
  const auto found = forming_by_key_.find(key);
  const bool is_new = found == forming_by_key_.end();
  if (is_new && partition_count_max_ > 0 && forming_.size() >= partition_count_max_) {
    return std::unexpected(Error{Code::kUnavailable, "too many batcher metadata-value combinations",
                                 std::chrono::seconds(1)});
  }
  const auto forming =
      is_new ? forming_.insert(forming_.end(), Forming{.key = key}) : found->second;
  if (is_new) {
    forming->due = clock_.Monotonic() + section_.batch.flush_timeout;
    forming_by_key_.emplace(std::move(key), forming);
  }
  forming->size += Measure(*item.batch, section_.batch_sizer());
  size_ += item.size;
  held_bytes_ += item.memory.bytes();
  forming->job.items.push_back(std::move(item));
  if (forming->size >= section_.batch.min_size) {
    MakeReady(forming, SendTrigger::kSize);
  }
  return {};
}

void SendQueue::MakeReady(std::list<Forming>::iterator forming, SendTrigger trigger) {
  forming->job.trigger = trigger;
  ready_.push_back(std::move(forming->job));
  forming_by_key_.erase(forming->key);
  forming_.erase(forming);
}

std::optional<SendJob> SendQueue::Take() {
  std::unique_lock lock(mutex_);
  while (true) {
    while (!forming_.empty() && (is_closed_ || forming_.front().due <= clock_.Monotonic())) {
      MakeReady(forming_.begin(), SendTrigger::kTime);
    }
    if (!ready_.empty()) {
      SendJob job = std::move(ready_.front());
      ready_.pop_front();
      ++sending_count_;
      // Who sends does not see when the next batch is due: somebody else must wait for it.
      if (!ready_.empty() || !forming_.empty()) {
        work_.notify_one();
      }
      return job;
    }
    if (is_closed_) {
      return std::nullopt;
    }
    if (forming_.empty()) {
      work_.wait(lock);
    } else {
      clock_.Wait(lock, work_, forming_.front().due);
    }
  }
}

void SendQueue::Release(SendJob job) {
  const std::scoped_lock lock(mutex_);
  --sending_count_;
  for (QueueItem& item : job.items) {
    size_ -= item.size;
    held_bytes_ -= item.memory.bytes();
    item.memory.Release();
  }
  room_.notify_all();
}

void SendQueue::Close() {
  const std::scoped_lock lock(mutex_);
  is_closed_ = true;
  work_.notify_all();
  room_.notify_all();
}

bool SendQueue::HandOut() {
  const std::scoped_lock lock(mutex_);
  // The end of that makes room: until then batches may grow.
  if (!ready_.empty() || sending_count_ > 0) return true;
  if (forming_.empty()) return false;
  while (!forming_.empty()) MakeReady(forming_.begin(), SendTrigger::kTime);
  work_.notify_one();
  return true;
}

void SendQueue::ReleaseOfferers() {
  const std::scoped_lock lock(mutex_);
  ++release_count_;
  room_.notify_all();
}

std::uint64_t SendQueue::size() const {
  const std::scoped_lock lock(mutex_);
  return size_;
}

std::uint64_t SendQueue::held_bytes() const {
  const std::scoped_lock lock(mutex_);
  return held_bytes_;
}

std::size_t SendQueue::partition_count() const {
  const std::scoped_lock lock(mutex_);
  return forming_.size();
}

std::string SendQueue::PartitionKey(const QueueItem& item) const {
  std::string key;
  AppendPart(item.context.tenant.name(), key);
  // Batches merge only within one codec (model/batch.h).
  AppendPart(std::to_string(reinterpret_cast<std::uintptr_t>(&item.batch->codec())), key);
  for (const std::string& name : metadata_keys_) {
    const auto values = item.context.metadata.find(name);
    if (values == item.context.metadata.end()) {
      key += '-';
      continue;
    }
    key += std::to_string(values->second.size());
    key += '=';
    for (const std::string& value : values->second) {
      AppendPart(value, key);
    }
  }
  return key;
}

}  // namespace clew::pipeline::sending
