#include "storage/block_writer.h"

#include <algorithm>
#include <utility>

#include "base/logging.h"
#include "storage/writer_job.h"

namespace clew::storage {
namespace {

// Each waits for a disk or another machine most of the time.
constexpr std::size_t kAtOnce = 4;
// When the disk is full all would fail, and what frees it comes after writing.
constexpr std::size_t kFailuresOfRound = 32;

void EraseWaiting(std::vector<WaitingPart>& parts, const std::string& name) {
  std::erase_if(parts, [&name](const WaitingPart& part) { return part.name == name; });
}

}  // namespace

BlockWriter::BlockWriter(Surroundings surroundings, SpillOptions spill)
    : with_(std::move(surroundings)), spill_(std::move(spill), with_.reading) {
  spill_.Clear();
}

BlockWriter::~BlockWriter() = default;

void BlockWriter::Add(WaitingBlockPtr block) {
  auto job = std::make_shared<Job>();
  job->byte_size = block->byte_size;
  job->block = std::move(block);
  const std::scoped_lock lock(mutex_);
  job->number = ++last_number_;
  jobs_.push_back(std::move(job));
  StartTasks();
}

bool BlockWriter::IsReady(const Job& job) const {
  if (job.is_busy || job.is_resting || is_stopping_) return false;
  return round_failure_count_ < kFailuresOfRound;
}

BlockWriter::JobPtr BlockWriter::Next(std::uint64_t last_number) const {
  JobPtr next;
  for (const JobPtr& job : jobs_) {
    if (job->number > last_number || !IsReady(*job)) continue;
    if (next == nullptr || job->last_failure < next->last_failure) next = job;
  }
  // What is laid aside is read as a whole. One may be as large as it is.
  const bool has_room =
      busy_count_ == 0 || (next && busy_bytes_ + next->byte_size <= with_.memory_share / 2);
  return has_room ? next : nullptr;
}

void BlockWriter::Begin(Job& job) {
  job.is_busy = true;
  ++busy_count_;
  busy_bytes_ += job.byte_size;
}

void BlockWriter::End(Job& job) {
  job.is_busy = false;
  --busy_count_;
  busy_bytes_ -= job.byte_size;
}

// As many as may find something to do. A task keeps this, as it may begin when all is over.
void BlockWriter::StartTasks() {
  if (with_.workers == nullptr || is_stopping_) return;
  const auto is_ready = [this](const JobPtr& job) { return IsReady(*job); };
  const auto ready_count = static_cast<std::size_t>(std::ranges::count_if(jobs_, is_ready));
  while (task_count_ < std::min(kAtOnce, busy_count_ + ready_count)) {
    if (!with_.workers->TryPost([self = shared_from_this()] { self->RunTask(); })) return;
    ++task_count_;
  }
}

void BlockWriter::RunTask() {
  std::unique_lock lock(mutex_);
  while (const JobPtr job = Next(last_number_)) WriteOne(lock, job);
  --task_count_;
}

// The lock is let go meanwhile.
void BlockWriter::WriteOne(std::unique_lock<std::mutex>& lock, const JobPtr& job) {
  Begin(*job);
  lock.unlock();
  const Result<BlockPtr> block = Write(*job);
  if (block.has_value()) Publish(*job, *block);
  lock.lock();
  End(*job);
  if (block.has_value()) {
    std::erase(jobs_, job);
  } else {
    NoteFailure(*job, block.error());
  }
  ended_.notify_all();
}

Status BlockWriter::Put(Job& job) {
  const WaitingBlock& block = *job.block;
  ObjectStore& objects = with_.reading.objects;
  if (!job.spilled.has_value()) {
    return objects.PutIfAbsent(block.name, MakeBlockObject(block.meta, block.groups).parts());
  }
  const Result<Bytes> bytes = spill_.Read(*job.spilled);
  if (bytes.has_value()) return objects.PutIfAbsent(block.name, {bytes->view()});
  job.is_lost = bytes.error().code == Code::kDataLoss || bytes.error().code == Code::kNotFound;
  return std::unexpected(bytes.error());
}

Result<BlockPtr> BlockWriter::Write(Job& job) {
  const WaitingBlock& waiting = *job.block;
  if (!waiting.meta.log_ranges.empty()) {
    TRY(with_.before_block(waiting.meta.log_ranges.back().end));
  }
  const base::WorkerPool::BlockingScope for_the_disk;
  const auto write_and_open = [&]() -> Result<BlockPtr> {
    TRY(Put(job));
    ASSIGN_OR_RETURN(const BlockPtr written, OpenBlock(with_.reading, waiting.name));
    if (written->is_damaged) return DataLoss("block {} is not as it was written", waiting.name);
    return WithoutRanges(written);
  };
  Result<BlockPtr> block = write_and_open();
  // What of it is there must not stay beside the next try. Another's of this name would.
  const bool is_of_another =
      !block.has_value() && block.error().code == Code::kAlreadyExists && !job.is_begun;
  if (!block.has_value() && !is_of_another) {
    job.is_begun = true;
    static_cast<void>(with_.reading.objects.Delete(waiting.name));
  }
  return block;
}

// Those that were here wait for nobody who reads: sources live as long as somebody has them.
void BlockWriter::Publish(Job& job, const BlockPtr& block) {
  with_.on_block(block);
  WaitingBlock& waiting = *job.block;
  waiting.contents->Exchange(
      {.waiting = [&](std::vector<WaitingPart>& parts) { EraseWaiting(parts, waiting.name); },
       .blocks = [&](std::vector<BlockPtr>& blocks) { blocks.push_back(block); }});
  waiting.is_written = true;
  if (job.spilled.has_value()) {
    spill_.Release(*job.spilled);
  } else {
    with_.waiting_bytes -= waiting.byte_size;
  }
}

void BlockWriter::NoteFailure(Job& job, const Error& error) {
  if (!news_.has_value() && (!job.error || job.error->code != error.code)) news_ = error;
  job.error = error;
  job.is_resting = true;
  job.last_failure = ++failure_count_;
  ++round_failure_count_;
  ++failed_count_;
  with_.failed.Increment();
  if (status_.has_value()) status_ = std::unexpected(error);
  if (!job.is_lost) return;
  base::Log(base::LogLevel::kError,
            "a block that waited on disk to be written is damaged there: it answers as far as it "
            "can be read, and comes back from the log, which keeps its spans, at the next start",
            {{"block", job.block->name}, {"error", error.message}});
}

void BlockWriter::BeginRound(bool is_retry) {
  spill_.Clear();
  spill_.DeleteReleased();
  const std::scoped_lock lock(mutex_);
  if (is_retry) {
    round_failure_count_ = 0;
    for (const JobPtr& job : jobs_) job->is_resting = job->is_lost;
  }
  StartTasks();
}

bool BlockWriter::is_failing() {
  const std::scoped_lock lock(mutex_);
  return std::ranges::any_of(jobs_, [](const JobPtr& job) { return job->error.has_value(); });
}

std::uint64_t BlockWriter::added_count() {
  const std::scoped_lock lock(mutex_);
  return last_number_;
}

Status BlockWriter::WriteAll() {
  std::unique_lock lock(mutex_);
  const std::uint64_t last_number = last_number_;
  const auto is_left = [&](const JobPtr& job) {
    return job->number <= last_number && (job->is_busy || IsReady(*job));
  };
  for (;;) {
    if (const JobPtr job = Next(last_number)) {
      WriteOne(lock, job);
    } else if (std::ranges::any_of(jobs_, is_left)) {
      const base::WorkerPool::BlockingScope for_others;
      ended_.wait(lock);
    } else {
      break;
    }
  }
  for (const JobPtr& job : jobs_) {
    if (job->number > last_number) continue;
    if (job->error.has_value()) return std::unexpected(*job->error);
    if (is_stopping_) return base::Unavailable("the store is being stopped");
  }
  return {};
}

Status BlockWriter::EndRound() {
  std::unique_lock lock(mutex_);
  Status status = std::exchange(status_, {});
  const std::optional<Error> news = std::exchange(news_, std::nullopt);
  const std::uint64_t failed_count = std::exchange(failed_count_, 0);
  lock.unlock();
  if (status.has_value()) return status;
  failures_.AddRound(news.value_or(status.error()), news.has_value(), failed_count,
                     with_.clock.Monotonic());
  return status;
}

void BlockWriter::GiveBack() {
  std::vector<JobPtr> jobs;  // ends without the lock
  const std::scoped_lock lock(mutex_);
  jobs.swap(jobs_);
}

void BlockWriter::Stop() {
  std::unique_lock lock(mutex_);
  is_stopping_ = true;
  ended_.notify_all();
  ended_.wait(lock, [this] { return busy_count_ == 0; });
}

}  // namespace clew::storage
