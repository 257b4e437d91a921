#include "log/append_queue.h"

#include <pthread.h>

#include <chrono>
#include <utility>

#include "log/segment_format.h"

namespace clew::log {
namespace {

// Past this many bytes a group has company enough.
constexpr std::uint64_t kGroupBytes = 4u << 20;
constexpr std::chrono::seconds kTryAgainAfter{1};

}  // namespace

AppendQueue::AppendQueue(const Options& options, SegmentWriter& writer, const SegmentSet& segments,
                         const Clock& clock, base::Metrics& metrics)
    : options_(options),
      writer_(writer),
      segments_(segments),
      clock_(clock),
      limits_({options.bytes_max, options.record_bytes_max}, metrics) {
  thread_ = std::thread([this] { RunWriter(); });
}

void AppendQueue::Close() {
  {
    const std::scoped_lock lock(mutex_);
    is_closed_ = true;
  }
  work_.notify_all();
  if (thread_.joinable()) thread_.join();
  teller_.Finish();
}

bool AppendQueue::is_closed() const {
  const std::scoped_lock lock(mutex_);
  return is_closed_;
}

AppendQueue::Counts AppendQueue::counts() const {
  const std::scoped_lock lock(mutex_);
  return {.queued_bytes = queued_bytes_, .pending_records = taken_count_ - teller_.told_count()};
}

AppendLimits::Load AppendQueue::LoadNow(std::uint64_t disk_bytes) const {
  return {.disk_bytes = disk_bytes,
          .queued_bytes = queued_bytes_,
          .write_time = writing_since_ ? clock_.Monotonic() - *writing_since_ : Nanos(0),
          .is_closed = is_closed_};
}

Status AppendQueue::CheckTakes() const {
  const std::uint64_t disk_bytes = segments_.size_bytes();
  const std::scoped_lock lock(mutex_);
  if (auto refusal = limits_.RefusalUnder(LoadNow(disk_bytes), refused_size_)) {
    return std::unexpected(std::move(refusal->error));
  }
  return write_status_;
}

base::Later<Result<Appended>> AppendQueue::Append(Record record) {
  if (auto refusal = limits_.RefusalOf(record)) return limits_.Refuse(*std::move(refusal));
  std::string prefix = EncodeRecordPrefix(record, options_.salt);
  const std::uint64_t size = prefix.size() + record.body.size();
  const std::uint64_t total_size = size + PaddingAfter(size);
  const std::uint64_t disk_bytes = segments_.size_bytes();
  std::unique_lock lock(mutex_);
  if (auto refusal = limits_.RefusalUnder(LoadNow(disk_bytes), total_size)) {
    refused_size_ = total_size;
    lock.unlock();
    return limits_.Refuse(*std::move(refusal));
  }
  refused_size_ = 0;
  auto [appended, promise] = base::Later<Result<Appended>>::Promised();
  const bool is_first = gathering_.records.empty();
  if (is_first) gathering_.begun = clock_.Time();
  gathering_.records.push_back(
      std::make_unique<PendingRecord>(PendingRecord{.record = std::move(record),
                                                    .prefix = std::move(prefix),
                                                    .total_size = total_size,
                                                    .result = {},
                                                    .promise = std::move(promise)}));
  gathering_.size_bytes += total_size;
  queued_bytes_ += total_size;
  ++taken_count_;
  const bool has_company = gathering_.size_bytes >= kGroupBytes;
  lock.unlock();
  if (is_first || has_company) work_.notify_one();
  return std::move(appended);
}

// A sync takes as long for a thousand records as for one. While one goes on, the next group
// gathers: the busier the disk, the larger the groups, and nobody waits for more than two syncs.
// Only on an idle disk is it worth a short delay that others may join. Who awaits an append is told
// by another thread, so that what they do then holds up no sync.
void AppendQueue::RunWriter() {
  pthread_setname_np(pthread_self(), "clew-log");
  std::unique_lock lock(mutex_);
  for (;;) {
    // Who is said not to be ready is sent nothing: without an append it must find out, too.
    const Deadline try_at = write_status_.has_value() ? Deadline::max() : clock_.In(kTryAgainAfter);
    const bool has_work = clock_.WaitUntil(
        lock, work_, try_at, [this] { return is_closed_ || !gathering_.records.empty(); });
    if (!has_work) {
      TryAgain(lock);
      continue;
    }
    if (gathering_.records.empty()) return;
    clock_.WaitUntil(lock, work_, gathering_.begun + options_.group_commit_delay,
                     [this] { return is_closed_ || gathering_.size_bytes >= kGroupBytes; });
    Group group = std::exchange(gathering_, {});
    writing_since_ = clock_.Monotonic();
    lock.unlock();
    writer_.Write(group.records);
    for (const std::unique_ptr<PendingRecord>& pending : group.records) {
      if (!pending->result.has_value()) limits_.CountFailed(pending->result.error());
    }
    lock.lock();
    writing_since_.reset();
    write_status_ = writer_.status();
    // First: who is told may append again at once.
    queued_bytes_ -= group.size_bytes;
    teller_.Tell(std::move(group.records));
  }
}

void AppendQueue::TryAgain(std::unique_lock<std::mutex>& lock) {
  writing_since_ = clock_.Monotonic();
  lock.unlock();
  writer_.TryAgain();
  lock.lock();
  writing_since_.reset();
  write_status_ = writer_.status();
}

}  // namespace clew::log
