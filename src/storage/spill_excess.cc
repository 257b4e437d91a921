#include <algorithm>
#include <chrono>
#include <limits>
#include <utility>

#include "storage/block_writer.h"

/// How the writer lays aside what waits.
namespace clew::storage {

// The newest: the others have their turn soon.
WriteJobPtr BlockWriter::BeginSpilling(std::uint64_t bytes_below) {
  const std::scoped_lock lock(mutex_);
  if (is_stopping_ || with_.waiting_bytes <= with_.memory_share) return nullptr;
  if (with_.clock.Monotonic() < spill_at_) return nullptr;
  const auto& all = queue_.all();
  const auto found = std::find_if(all.rbegin(), all.rend(), [&](const auto& one) {
    const WriteJob& job = *one.second;
    const bool is_free = !job.is_busy && !job.is_lost;
    return is_free && !job.spilled.has_value() && job.byte_size < bytes_below;
  });
  if (found == all.rend()) return nullptr;
  Begin(*found->second, WriteQueue::Work::kOther);
  return found->second;
}

Status BlockWriter::SpillOne(WriteJob& job) {
  WaitingBlock& waiting = *job.block;
  Result<SpilledBlock> spilled = spill_.Write(waiting);
  if (spilled.has_value()) {
    const BlockPtr& block = spilled->block;
    // Before somebody may read it.
    copies_->Add(block->name);
    waiting.contents->Exchange({.waiting = [&](WaitingParts& parts) {
      for (auto& part : parts) {
        if (part->name != waiting.name) continue;
        auto on_disk = std::make_shared<WaitingPart>(*part);
        on_disk->sources = block->sources;
        on_disk->memory_bytes = 0;
        on_disk->disk_bytes = block->byte_size;
        part = std::move(on_disk);
      }
    }});
    waiting.groups.clear();
    waiting.groups.shrink_to_fit();
    with_.waiting_bytes -= waiting.byte_size;
  }
  const std::scoped_lock lock(mutex_);
  End(job);
  queue_.End(job);
  Status status;
  if (spilled.has_value()) {
    ++progress_;
    job.byte_size = spilled->block->byte_size;
    job.spilled = *std::move(spilled);
  } else {
    status = std::unexpected(std::move(spilled).error());
  }
  StartTasks();
  ended_.notify_all();
  return status;
}

// What a block takes on disk is known when it is made, which is most of the work: before that it is
// taken for as large as in memory. Where there is no room for one there may be for a smaller one.
bool BlockWriter::SpillExcess() {
  if (!spill_.is_on()) return false;
  bool is_any = false;
  Status status;
  std::uint64_t bytes_below = std::numeric_limits<std::uint64_t>::max();
  while (const WriteJobPtr job = BeginSpilling(bytes_below)) {
    if (Status room = spill_.CheckRoom(job->byte_size); !room.has_value()) {
      const std::scoped_lock lock(mutex_);
      End(*job);
      queue_.End(*job);
      StartTasks();
      ended_.notify_all();
      bytes_below = job->byte_size;
      if (status.has_value()) status = std::move(room);
      continue;
    }
    if (Status spilled = SpillOne(*job); !spilled.has_value()) {
      status = std::move(spilled);
      spill_delay_ = std::clamp(2 * spill_delay_, Nanos(std::chrono::seconds(1)),
                                Nanos(std::chrono::minutes(1)));
      const std::scoped_lock lock(mutex_);
      RestFromSpilling(spill_delay_);
      break;
    }
    spill_delay_ = Nanos(0);
    is_any = true;
  }
  NoteSpilling(status, is_any);
  return is_any;
}

void BlockWriter::RestFromSpilling(Nanos time) {
  spill_at_ = std::max(spill_at_, with_.clock.Monotonic() + time);
}

void BlockWriter::NoteSpilling(const Status& status, bool is_any) {
  if (!status.has_value()) {
    spill_failures_.Add(status.error(), with_.clock.Monotonic());
  } else if (is_any) {
    spill_failures_.End();
  }
}

}  // namespace clew::storage
