#include <algorithm>
#include <utility>

#include "storage/block_writer.h"
#include "storage/writer_job.h"

/// How the writer lays aside what waits.
namespace clew::storage {

// The newest: the others have their turn soon.
BlockWriter::JobPtr BlockWriter::BeginSpilling() {
  const std::scoped_lock lock(mutex_);
  if (is_stopping_ || with_.waiting_bytes <= with_.memory_share) return nullptr;
  const auto job = std::find_if(jobs_.rbegin(), jobs_.rend(), [](const JobPtr& one) {
    return !one->is_busy && !one->spilled.has_value();
  });
  if (job == jobs_.rend()) return nullptr;
  Begin(**job);
  return *job;
}

bool BlockWriter::SpillExcess() {
  bool is_any = false;
  while (const JobPtr job = spill_.is_on() ? BeginSpilling() : nullptr) {
    WaitingBlock& waiting = *job->block;
    Result<SpilledBlock> spilled = spill_.Write(waiting);
    if (spilled.has_value()) {
      const BlockPtr& block = spilled->block;
      waiting.contents->Exchange({.waiting = [&](std::vector<WaitingPart>& parts) {
        for (WaitingPart& part : parts) {
          if (part.name != waiting.name) continue;
          part.sources = block->sources;
          part.memory_bytes = 0;
          part.disk_bytes = block->byte_size;
        }
      }});
      waiting.groups.clear();
      with_.waiting_bytes -= waiting.byte_size;
    }
    const std::scoped_lock lock(mutex_);
    End(*job);
    if (spilled.has_value()) {
      job->byte_size = spilled->block->byte_size;
      job->spilled = *std::move(spilled);
    }
    StartTasks();
    ended_.notify_all();
    if (!job->spilled.has_value()) {
      spill_failures_.Add(spilled.error(), with_.clock.Monotonic());
      return is_any;
    }
    spill_failures_.End();
    is_any = true;
  }
  return is_any;
}

}  // namespace clew::storage
