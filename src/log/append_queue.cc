#include "log/append_queue.h"

#include <fmt/core.h>
#include <pthread.h>

#include <algorithm>
#include <chrono>
#include <utility>

#include "log/segment_format.h"

namespace clew::log {
namespace {

constexpr std::chrono::seconds kRetryAfter{1};
// A write that takes longer is no matter of a busy disk; senders wait no longer, either.
constexpr std::chrono::seconds kStuckAfter{10};
// Past this many bytes a group has company enough.
constexpr std::uint64_t kGroupBytes = 4u << 20;

}  // namespace

AppendQueue::AppendQueue(const Options& options, SegmentWriter& writer, const SegmentSet& segments,
                         const Clock& clock, base::Metrics& metrics)
    : options_(options), writer_(writer), segments_(segments), clock_(clock), metrics_(metrics) {
  // So that they are there, and zero, before anything is refused.
  for (const char* reason :
       {"invalid", "size_limit", "disk_full", "disk_error", "disk_stuck", "closed"}) {
    RefusedRecords(reason);
  }
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

base::Later<Result<Appended>> AppendQueue::Append(Record record) {
  if (Status status = CheckRecord(record); !status.has_value()) {
    return Refuse("invalid", std::move(status).error());
  }
  std::string prefix = EncodeRecordPrefix(record, options_.salt);
  const std::uint64_t size = prefix.size() + record.body.size();
  const std::uint64_t total_size = size + PaddingAfter(size);
  const std::uint64_t disk_bytes = segments_.size_bytes();
  std::unique_lock lock(mutex_);
  if (std::optional<Refusal> refusal = FindRefusal(total_size, disk_bytes)) {
    lock.unlock();
    return Refuse(refusal->reason, std::move(refusal->error));
  }
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

Status AppendQueue::CheckRecord(const Record& record) const {
  if (record.body.size() > options_.record_bytes_max) {
    return base::InvalidArgument("log record of {} bytes is over the limit of {} bytes",
                                 record.body.size(), options_.record_bytes_max);
  }
  // Beside the newest segment, which stays: a quarter of the log and one record. Else it would be
  // refused for ever and the sender told to try again.
  const std::uint64_t share = options_.bytes_max / 8 * 3;
  if (record.body.size() > share) {
    return base::InvalidArgument(
        "log record of {} bytes is over {} bytes, three eighths of the log: send smaller requests, "
        "or raise log::limit_mib of clew_storage",
        record.body.size(), share);
  }
  if (record.pipeline.size() > kPipelineBytesMax) {
    return base::InvalidArgument("pipeline name of {} bytes is over the limit of {} bytes",
                                 record.pipeline.size(), kPipelineBytesMax);
  }
  return {};
}

std::optional<AppendQueue::Refusal> AppendQueue::FindRefusal(std::uint64_t bytes,
                                                             std::uint64_t disk_bytes) const {
  if (is_closed_) return Refusal{"closed", {Code::kUnavailable, "the log is closed", kRetryAfter}};
  if (disk_bytes + queued_bytes_ + bytes > options_.bytes_max) {
    return Refusal{
        "size_limit",
        {Code::kResourceExhausted,
         fmt::format("the log holds {} of at most {} bytes: its consumers do not keep up",
                     disk_bytes, options_.bytes_max),
         kRetryAfter}};
  }
  // Who sent what waits has given up, and sends it again: it would be there several times.
  if (writing_since_ && clock_.Monotonic() - *writing_since_ >= kStuckAfter) {
    return Refusal{"disk_stuck",
                   {Code::kUnavailable,
                    fmt::format("the disk of the log has not come to an end with a write for {} s",
                                std::chrono::seconds(kStuckAfter).count()),
                    kRetryAfter}};
  }
  return std::nullopt;
}

prometheus::Counter& AppendQueue::RefusedRecords(const std::string& reason) {
  return metrics_.Counter("clew_log_refused_records_total",
                          "Records that were not appended, by reason.", {{"reason", reason}});
}

std::unexpected<Error> AppendQueue::Refuse(const std::string& reason, Error error) {
  RefusedRecords(reason).Increment();
  return std::unexpected(std::move(error));
}

void AppendQueue::RunWriter() {
  pthread_setname_np(pthread_self(), "clew-log");
  std::unique_lock lock(mutex_);
  for (;;) {
    work_.wait(lock, [this] { return is_closed_ || !gathering_.records.empty(); });
    if (gathering_.records.empty()) return;
    clock_.WaitUntil(lock, work_, gathering_.begun + options_.group_commit_delay,
                     [this] { return is_closed_ || gathering_.size_bytes >= kGroupBytes; });
    Group group = std::exchange(gathering_, {});
    writing_since_ = clock_.Monotonic();
    lock.unlock();
    writer_.Write(group.records);
    CountRefused(group);
    lock.lock();
    writing_since_.reset();
    // First: who is told may append again at once.
    queued_bytes_ -= group.size_bytes;
    teller_.Tell(std::move(group.records));
  }
}

void AppendQueue::CountRefused(const Group& group) {
  for (const std::unique_ptr<PendingRecord>& pending : group.records) {
    if (pending->result.has_value()) continue;
    const bool is_full = pending->result.error().code == Code::kResourceExhausted;
    RefusedRecords(is_full ? "disk_full" : "disk_error").Increment();
  }
}

}  // namespace clew::log
