#include "storage/block_writer.h"

#include <algorithm>
#include <limits>
#include <string_view>
#include <utility>

#include "storage/writer_job.h"

namespace clew::storage {
namespace {

// Each waits for a disk or another machine most of the time.
constexpr std::size_t kAtOnce = 4;
// When the disk is full all would fail, and what frees it comes after writing.
constexpr std::size_t kFailuresOfRound = 32;
constexpr std::uint64_t kAll = std::numeric_limits<std::uint64_t>::max();

}  // namespace

BlockWriter::BlockWriter(Surroundings surroundings, SpillOptions spill)
    : with_(std::move(surroundings)), spill_(std::move(spill), with_.reading) {}

BlockWriter::~BlockWriter() = default;

void BlockWriter::Add(WaitingBlockPtr block) {
  auto job = std::make_shared<Job>(std::move(block));
  const std::scoped_lock lock(mutex_);
  job->number = ++last_number_;
  jobs_.push_back(std::move(job));
  StartTasks();
}

bool BlockWriter::MayBeReady(const Job& job) const {
  if (job.is_resting || job.is_lost || is_stopping_ || unreachable_.has_value()) return false;
  return round_failure_count_ < kFailuresOfRound;
}

bool BlockWriter::IsReady(const Job& job) const {
  if (job.is_busy || !MayBeReady(job)) return false;
  const auto away = away_.find(job.tenant);
  return away == away_.end() || away->second == Away::kMayBeTried;
}

BlockWriter::JobPtr BlockWriter::Next(std::uint64_t last_number, std::uint64_t last_failure) const {
  JobPtr next;
  for (const JobPtr& job : jobs_) {
    if (job->number > last_number || job->last_failure > last_failure || !IsReady(*job)) continue;
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
  while (const JobPtr job = Next(kAll, kAll)) WriteOne(lock, job);
  --task_count_;
}

void BlockWriter::WriteUnposted() {
  std::unique_lock lock(mutex_);
  if (with_.workers == nullptr || task_count_ > 0) return;
  StartTasks();
  if (task_count_ > 0) return;
  if (const JobPtr job = Next(kAll, kAll)) WriteOne(lock, job);
}

// The lock is let go meanwhile, also for the end of what the job holds. Who waits for the job finds
// that its records are let go of.
void BlockWriter::WriteOne(std::unique_lock<std::mutex>& lock, const JobPtr& job) {
  Begin(*job);
  const auto away = away_.find(job->tenant);
  if (away != away_.end()) away->second = Away::kIsTried;
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
    std::erase(jobs_, job);
    away_.erase(job->tenant);
    is_any_written_ = true;
  } else {
    NoteFailure(*job, block.error());
  }
  StartTasks();
  ended_.notify_all();
}

Status BlockWriter::Put(Job& job) {
  const WaitingBlock& block = *job.block;
  ObjectStore& objects = with_.reading.objects;
  if (!job.spilled.has_value()) {
    return objects.PutIfAbsent(block.name, MakeBlockObject(block.meta, block.groups).parts());
  }
  // What is read takes memory until it is written.
  with_.waiting_bytes += job.byte_size;
  const auto put = [&]() -> Status {
    const Result<Bytes> bytes = spill_.Read(*job.spilled);
    if (bytes.has_value()) return objects.PutIfAbsent(block.name, {bytes->view()});
    job.is_lost = bytes.error().code == Code::kDataLoss || bytes.error().code == Code::kNotFound;
    return std::unexpected(bytes.error());
  };
  Status status = put();
  with_.waiting_bytes -= job.byte_size;
  return status;
}

Result<BlockPtr> BlockWriter::PutAndOpen(Job& job) {
  TRY(Put(job));
  ASSIGN_OR_RETURN(const BlockPtr written, OpenBlock(with_.reading, job.block->name));
  if (written->is_damaged) return DataLoss("block {} is not as it was written", job.block->name);
  return WithoutRanges(written);
}

// What was put there may be this one though the answer was lost on the way, and it was put again.
// Null when it is another, or nothing that can be told.
Result<BlockPtr> BlockWriter::Adopt(const Job& job) {
  const BlockMeta& meta = job.block->meta;
  const Result<BlockPtr> opened = OpenBlock(with_.reading, job.block->name);
  if (!opened.has_value()) {
    const Code code = opened.error().code;
    if (code == Code::kDataLoss || code == Code::kNotFound) return nullptr;
    return std::unexpected(opened.error());
  }
  const BlockPtr& found = *opened;
  const auto is_same_range = [](const LogRange& a, const LogRange& b) {
    return a.begin == b.begin && a.end == b.end;
  };
  std::uint64_t byte_size = 0;
  if (job.spilled.has_value()) {
    byte_size = job.spilled->block->byte_size;
  } else {
    const BlockObject object = MakeBlockObject(meta, job.block->groups);
    for (const std::string_view part : object.parts()) byte_size += part.size();
  }
  // Of spans that processors handed on it says no more than how many bytes.
  const bool is_same = !found->is_damaged && !meta.log_ranges.empty() &&
                       found->byte_size == byte_size && found->meta.tenant == meta.tenant &&
                       found->meta.created_at == meta.created_at &&
                       found->meta.log_identity == meta.log_identity &&
                       std::ranges::equal(found->meta.log_ranges, meta.log_ranges, is_same_range);
  return is_same ? WithoutRanges(found) : nullptr;
}

// What is spilled of it keeps its name there.
void BlockWriter::Rename(Job& job) {
  WaitingBlock& waiting = *job.block;
  const std::string name = with_.new_name(waiting.meta);
  waiting.contents->Exchange({.waiting = [&](WaitingParts& parts) {
    for (auto& part : parts) {
      if (part->name != waiting.name) continue;
      auto renamed = std::make_shared<WaitingPart>(*part);
      renamed->name = name;
      part = std::move(renamed);
    }
  }});
  waiting.name = name;
}

Result<BlockPtr> BlockWriter::Write(Job& job) {
  const base::WorkerPool::BlockingScope for_the_disk;
  const WaitingBlock& waiting = *job.block;
  if (!waiting.meta.log_ranges.empty()) {
    TRY(with_.before_block(waiting.meta.log_ranges.back().end));
  }
  Result<BlockPtr> block = PutAndOpen(job);
  if (!block.has_value() && block.error().code == Code::kAlreadyExists && !job.is_begun) {
    ASSIGN_OR_RETURN(BlockPtr adopted, Adopt(job));
    if (adopted != nullptr) return adopted;
    Rename(job);
    block = PutAndOpen(job);
    // By no chance twice; and what is there is not ours to delete.
    if (!block.has_value() && block.error().code == Code::kAlreadyExists) return block;
  }
  if (!block.has_value()) {
    // What of it is there must not stay beside the next try.
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
      {.waiting =
           [&](WaitingParts& parts) {
             std::erase_if(parts, [&](const auto& part) { return part->name == waiting.name; });
           },
       .blocks = [&](std::vector<BlockPtr>& blocks) { blocks.push_back(block); }});
  waiting.is_written = true;
  with_.waiting_bytes -= waiting.held_bytes;
  if (job.spilled.has_value()) {
    spill_.Release(*job.spilled);
  } else {
    with_.waiting_bytes -= waiting.byte_size;
  }
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
