#pragma once

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "base/metrics.h"
#include "base/worker_pool.h"
#include "storage/copy_names.h"
#include "storage/failure_episode.h"
#include "storage/spill.h"
#include "storage/write_queue.h"

namespace clew::storage {

/// Writes sealed blocks where they belong, off the path of sealing: a few at once, in the order of
/// WriteQueue. Meanwhile they answer; what is more than their share of memory is laid aside on
/// disk, the newest first, and answers from there. So where blocks belong may be slow, or away:
/// nobody is refused while there is room on disk. A copy on that disk that is damaged, gone or
/// cannot be read for a while is given up: the log has its records.
///
/// While nothing can be reached where blocks belong nothing is tried: each try reads, and writes,
/// as much as a block is.
///
/// Any thread; rounds are one thread's at a time.
class BlockWriter : public std::enable_shared_from_this<BlockWriter> {
 public:
  /// All of it outlives Stop.
  struct Surroundings {
    const BlockReading& reading;
    const Clock& clock;
    /// Where they are written; null: in WriteAll alone.
    base::WorkerPool* workers = nullptr;
    /// Memory of what waits.
    std::atomic<std::uint64_t>& waiting_bytes;
    /// Of that so much is not laid aside, and what is written at once takes half of it at most.
    std::uint64_t memory_share = 0;
    /// Called before a block is written that holds records up to `end`; on error it is not. Any
    /// thread.
    std::function<Status(log::Position end)> before_block;
    /// Gets each block that is written, before queries see it. Any thread.
    std::function<void(const BlockPtr& block)> on_block;
    /// Another name for a block: somebody has the one that it was given. Any thread.
    std::function<std::string(const BlockMeta& meta)> new_name;
    /// Has the records of a block whose copy cannot be read brought into the head from the log,
    /// which calls `done` then: until that they are held, and what of the copy answers does. Any
    /// thread, short; `done` is called on another.
    std::function<void(const BlockMeta& meta, std::function<void()> done)> bring_back;
    /// Counts the failures.
    prometheus::Counter& failed;
    /// Counts the copies that were given up.
    prometheus::Counter& lost_copies;
  };
  BlockWriter(Surroundings surroundings, SpillOptions spill);
  ~BlockWriter();

  /// Its groups are among the waiting of its contents already.
  void Add(WaitingBlockPtr block);

  /// `is_retry`: what failed may be tried again.
  void BeginRound(bool is_retry);
  /// How many blocks were ever given up whose records are in the head again.
  std::uint64_t returned_count();
  /// Writes on this thread, too, until all that is here at the call is written or has failed since,
  /// or waits for what has, or `ending` is asked for. An error when some of it is not written:
  /// DATA_LOSS when more than `returned_before` have returned to the head, behind what was sealed.
  Status WriteAll(std::uint64_t returned_before, const std::stop_token& ending = {});
  /// Writes one on this thread when the workers took nothing, though there is something to do.
  void WriteUnposted();
  /// Lays aside what is more than the share of memory. False when nothing was.
  bool SpillExcess();
  /// It is of no use to try again soon: what was tried since the last retry has found its place
  /// away or full, and nothing was written.
  bool is_stuck();
  /// Another number whenever there is more room than before, here or where they came from: when one
  /// came, was laid aside or is written.
  std::uint64_t progress() const { return progress_; }
  /// How many wait whose copy on disk cannot be read, for the log to be read.
  std::size_t lost_count();
  /// An error of a source of `block`. False when it is none that is laid aside; else told once.
  bool ReportUnreadable(std::string_view block, const Error& error);
  /// What is taken on disk by all that is laid aside, needed or not.
  std::uint64_t disk_bytes() const { return spill_.byte_size(); }
  /// Adds what answers to the tenant may lack therefore, a dozen at most; how many there are
  /// besides is added to `unnamed_count`, unless it is null.
  void AddLeftOut(const TenantId& tenant, std::vector<std::string>& texts,
                  std::uint64_t* unnamed_count);
  /// The first error since the last call, which was logged, with others in one line.
  Status EndRound();

  /// Waits for what is being written; nothing else begins. Idempotent.
  void Stop();
  /// Ends what is left, after Stop.
  void GiveBack();

 private:
  struct Lost {
    TenantId tenant;
    std::string text;
  };

  /// Under mutex_: those that follow.
  bool MayBegin() const;
  WriteJobPtr Next(const WriteQueue::Limits& limits = {}) const;
  bool IsLeft(const WriteQueue::Limits& limits) const;
  Status StatusOf(std::uint64_t last_number, std::uint64_t returned_before) const;
  void Begin(WriteJob& job, WriteQueue::Work work);
  void End(WriteJob& job);
  void StartTasks();
  void NoteUnreachable(const Error& error);
  void NoteFailure(WriteJob& job, const Error& error);
  void NoteLost(const WriteJobPtr& job);
  void NoteOfRound(const Error& error, bool is_news);
  /// Without it.
  void RunTask();
  void WriteOne(std::unique_lock<std::mutex>& lock, const WriteJobPtr& job);
  Result<BlockPtr> Write(WriteJob& job);
  Result<BlockPtr> PutOrAdopt(WriteJob& job, const std::vector<std::string_view>& object);
  Result<BlockPtr> PutAndOpen(const WriteJob& job, const std::vector<std::string_view>& object);
  Result<BlockPtr> Adopt(const WriteJob& job, std::uint64_t byte_size);
  void Rename(WriteJob& job);
  void Publish(WriteJob& job, const BlockPtr& block);
  void EndLost(const WriteJobPtr& job);
  void ReleaseCopy(WriteJob& job);
  WriteJobPtr BeginSpilling(std::uint64_t bytes_below);
  Status SpillOne(WriteJob& job);
  void NoteSpilling(const Status& status, bool is_any);
  /// Under mutex_.
  void RestFromSpilling(Nanos time);

  const Surroundings with_;
  Spill spill_;
  /// Outlives this where readers do.
  const std::shared_ptr<CopyNames> copies_ = std::make_shared<CopyNames>();

  std::mutex mutex_;
  std::condition_variable ended_;
  WriteQueue queue_;
  /// By number, until their records are back from the log; and how many are.
  std::map<std::uint64_t, Lost> lost_;
  std::uint64_t returned_count_ = 0;
  /// After a failure of the disk nothing is laid aside there until then.
  Nanos spill_at_{0};
  std::size_t busy_count_ = 0;
  /// Memory of those that are being written.
  std::uint64_t busy_bytes_ = 0;
  /// Posted, and not ended.
  std::size_t task_count_ = 0;
  bool is_stopping_ = false;
  /// Why nothing is tried.
  std::optional<Error> unreachable_;
  bool is_any_written_ = false;  // since the last retry
  std::atomic<std::uint64_t> progress_ = 0;

  // Of this round.
  Status status_;
  std::size_t round_failure_count_ = 0;  // past which nothing more is tried
  std::uint64_t failed_count_ = 0;       // that EndRound tells
  std::optional<Error> news_;            // the first of a block that had none, or another

  // Of the thread of rounds.
  FailureEpisode failures_{"a sealed block could not be written; trying again"};
  FailureEpisode spill_failures_{
      "blocks that wait to be written cannot be laid aside on disk: senders are refused when the "
      "head is full; trying again"};
  /// How long it rests after a failure.
  Nanos spill_delay_{0};
};

}  // namespace clew::storage
