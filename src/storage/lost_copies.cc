#include <fmt/core.h>

#include <chrono>
#include <utility>

#include "base/logging.h"
#include "storage/block_writer.h"

/// What becomes of blocks laid aside on disk that cannot be read there.
namespace clew::storage {
namespace {

// Of a disk that did not give back what it had taken.
constexpr std::chrono::minutes kRestAfterLoss{1};

}  // namespace

// What somebody finds damaged who reads it to the end is the copy still.
void BlockWriter::ReleaseCopy(WriteJob& job) {
  spill_.Release(*job.spilled,
                 [copies = copies_, name = job.spilled->block->name] { copies->Remove(name); });
}

void BlockWriter::NoteLost(const WriteJobPtr& job) {
  const std::string& name = job->block->name;
  lost_.emplace(job->number,
                Lost{job->tenant, fmt::format("block {}, which waits to be written, until it is "
                                              "read again from the log: {}",
                                              name, job->error->message)});
  with_.lost_copies.Increment();
  // What is laid aside there now might be lost next.
  RestFromSpilling(kRestAfterLoss);
  base::Log(base::LogLevel::kError,
            "a block that waited on disk to be written cannot be read there: its spans are read "
            "again from the log, and until then it answers as far as it can be. Look after the "
            "disk of the folder `waiting`",
            {{"block", name}, {"error", job->error->message}});
  with_.bring_back(job->block->meta, [self = shared_from_this(), job] { self->EndLost(job); });
}

// The head has what was in its log ranges; what processors handed on is offered again.
void BlockWriter::EndLost(const WriteJobPtr& job) {
  WaitingBlock& waiting = *job->block;
  waiting.contents->Exchange({.waiting = [&](WaitingParts& parts) {
    std::erase_if(parts, [&](const auto& part) { return part->name == waiting.name; });
  }});
  with_.waiting_bytes -= waiting.held_bytes;
  waiting.records.first.reset();
  ReleaseCopy(*job);
  base::Log(base::LogLevel::kInfo,
            "the spans of a block that could not be read on disk are read again from the log",
            {{"block", waiting.name}});
  job->block.reset();
  job->spilled.reset();
  const std::scoped_lock lock(mutex_);
  lost_.erase(job->number);
  queue_.Remove(*job);
  ++returned_count_;
  ++progress_;
  ended_.notify_all();
}

std::size_t BlockWriter::lost_count() {
  const std::scoped_lock lock(mutex_);
  return lost_.size();
}

void BlockWriter::AddLeftOut(const TenantId& tenant, std::vector<std::string>& texts,
                             std::uint64_t* unnamed_count) {
  constexpr std::size_t kNamed = 12;
  const std::scoped_lock lock(mutex_);
  std::size_t named_count = 0;
  for (const auto& [number, lost] : lost_) {
    if (lost.tenant != tenant) continue;
    if (named_count < kNamed) {
      ++named_count;
      texts.push_back(lost.text);
    } else if (unnamed_count != nullptr) {
      ++*unnamed_count;
    }
  }
}

// While somebody reads a copy to the end, a fault of the block of its name, which is there by then,
// is taken for the copy's; the next one is not.
bool BlockWriter::ReportUnreadable(std::string_view block, const Error& error) {
  const CopyNames::Telling telling = copies_->Tell(block);
  if (telling == CopyNames::Telling::kIsNone) return false;
  if (telling == CopyNames::Telling::kAgain) return true;
  base::Log(base::LogLevel::kError,
            "spans of a block that waits on disk to be written cannot be read and are left out; "
            "the rest answers. The log has them, and is read again when the block is to be written",
            {{"block", std::string(block)}, {"error", error.message}});
  return true;
}

}  // namespace clew::storage
