#include "storage/block_writer.h"

#include <algorithm>
#include <optional>
#include <string_view>
#include <utility>

#include "storage/admitted_bytes.h"

namespace clew::storage {
namespace {

// Each waits for a disk or another machine most of the time.
constexpr std::size_t kAtOnce = 4;
// When the disk is full all would fail, and what frees it comes after writing.
constexpr std::size_t kFailuresOfRound = 32;

}  // namespace

BlockWriter::BlockWriter(Surroundings surroundings, SpillOptions spill)
    : with_(std::move(surroundings)), spill_(std::move(spill), with_.reading) {}

BlockWriter::~BlockWriter() = default;

void BlockWriter::Add(WaitingBlockPtr block) {
  const std::scoped_lock lock(mutex_);
  queue_.Add(std::make_shared<WriteJob>(std::move(block)));
  ++progress_;
  StartTasks();
}

bool BlockWriter::MayBegin() const {
  return !is_stopping_ && !unreachable_.has_value() && round_failure_count_ < kFailuresOfRound;
}

WriteJobPtr BlockWriter::Next(const WriteQueue::Limits& limits) const {
  WriteJobPtr next = MayBegin() ? queue_.Next(limits) : nullptr;
  // What is laid aside is read as a whole. One may be as large as it is.
  const bool has_room =
      busy_count_ == 0 || (next && busy_bytes_ + next->byte_size <= with_.memory_share / 2);
  return has_room ? next : nullptr;
}

void BlockWriter::Begin(WriteJob& job, WriteQueue::Work work) {
  queue_.Begin(job, work);
  ++busy_count_;
  busy_bytes_ += job.byte_size;
}

void BlockWriter::End(WriteJob& job) {
  --busy_count_;
  busy_bytes_ -= job.byte_size;
}

// As many as may find something to do. A task keeps this, as it may begin when all is over.
void BlockWriter::StartTasks() {
  if (with_.workers == nullptr || is_stopping_) return;
  const std::size_t ready_count = MayBegin() ? queue_.ReadyCount(kAtOnce) : 0;
  while (task_count_ < std::min(kAtOnce, busy_count_ + ready_count)) {
    if (!with_.workers->TryPost([self = shared_from_this()] { self->RunTask(); })) return;
    ++task_count_;
  }
}

void BlockWriter::RunTask() {
  std::unique_lock lock(mutex_);
  while (const WriteJobPtr job = Next()) WriteOne(lock, job);
  --task_count_;
}

void BlockWriter::WriteUnposted() {
  std::unique_lock lock(mutex_);
  if (with_.workers == nullptr || task_count_ > 0) return;
  StartTasks();
  if (task_count_ > 0) return;
  if (const WriteJobPtr job = Next()) WriteOne(lock, job);
}

// The lock is let go meanwhile, also for the end of what the job holds. Who waits for the job finds
// that its records are let go of.
void BlockWriter::WriteOne(std::unique_lock<std::mutex>& lock, const WriteJobPtr& job) {
  Begin(*job, WriteQueue::Work::kTry);
  lock.unlock();
  const Result<BlockPtr> block = Write(*job);
  if (block.has_value()) {
    Publish(*job, *block);
    job->block.reset();
    job->spilled.reset();
  }
  lock.lock();
  End(*job);
  if (block.has_value()) {
    queue_.EndWritten(*job);
    is_any_written_ = true;
    ++progress_;
  } else {
    NoteFailure(*job, block.error());
    if (job->is_lost) NoteLost(job);
  }
  StartTasks();
  ended_.notify_all();
}

Result<BlockPtr> BlockWriter::Write(WriteJob& job) {
  const base::WorkerPool::BlockingScope for_the_disk;
  job.is_unread = false;
  const WaitingBlock& waiting = *job.block;
  if (!waiting.meta.log_ranges.empty()) {
    TRY(with_.before_block(waiting.meta.log_ranges.back().end));
  }
  if (!job.spilled.has_value()) {
    return PutOrAdopt(job, MakeBlockObject(waiting.meta, waiting.groups).parts());
  }
  // What is read takes memory until it is written.
  const AdmittedBytes read_bytes(with_.waiting_bytes, job.byte_size);
  const Result<Bytes> copy = spill_.Read(*job.spilled);
  if (!copy.has_value()) {
    // Before it may be given up: beside the block that its spans come into then, what a try of it
    // left would show them again. (One whose answer was lost, and which cannot be looked at since,
    // may be somebody else's: that one stays.)
    if (job.is_begun) TRY(with_.reading.objects.Delete(waiting.name));
    job.is_unread = true;
    ++job.unread_count;
    return std::unexpected(copy.error());
  }
  job.unread_count = 0;
  return PutOrAdopt(job, {copy->view()});
}

// Those that were here wait for nobody who reads: sources live as long as somebody has them.
void BlockWriter::Publish(WriteJob& job, const BlockPtr& block) {
  with_.on_block(block);
  WaitingBlock& waiting = *job.block;
  waiting.contents->Exchange(
      {.waiting =
           [&](WaitingParts& parts) {
             std::erase_if(parts, [&](const auto& part) { return part->name == waiting.name; });
           },
       .blocks = [&](std::vector<BlockPtr>& blocks) { blocks.push_back(block); }});
  waiting.is_written = true;
  with_.waiting_bytes -= waiting.held_bytes;
  if (job.spilled.has_value()) {
    ReleaseCopy(job);
  } else {
    with_.waiting_bytes -= waiting.byte_size;
  }
}

void BlockWriter::GiveBack() {
  WriteQueue queue;  // ends without the lock
  const std::scoped_lock lock(mutex_);
  std::swap(queue, queue_);
}

void BlockWriter::Stop() {
  std::unique_lock lock(mutex_);
  is_stopping_ = true;
  ended_.notify_all();
  ended_.wait(lock, [this] { return busy_count_ == 0; });
}

}  // namespace clew::storage
