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
#include <vector>

#include "base/metrics.h"
#include "base/worker_pool.h"
#include "storage/failure_episode.h"
#include "storage/spill.h"

namespace clew::storage {

/// Writes sealed blocks where they belong, off the path of sealing: a few at once, those that
/// failed again in the next round, behind all others and who failed last last. Meanwhile they
/// answer; what is more than their share of memory is laid aside on disk, the newest first, and
/// answers from there. So where blocks belong may be slow, or away: nobody is refused while there
/// is room on disk.
///
/// While nothing can be reached there nothing is tried, and when a block finds that its place is
/// away or full, the others of its tenant, which lie beside it, wait until one of them is written:
/// each try reads, and writes, as much as a block is.
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
    /// Counts the failures.
    prometheus::Counter& failed;
  };
  BlockWriter(Surroundings surroundings, SpillOptions spill);
  ~BlockWriter();

  /// Its groups are among the waiting of its contents already.
  void Add(WaitingBlockPtr block);

  /// `is_retry`: what failed may be tried again.
  void BeginRound(bool is_retry);
  /// Writes on this thread, too, until all that is here at the call is written or has failed since,
  /// or waits for what has, or `ending` is asked for. An error when some of it is not written.
  Status WriteAll(const std::stop_token& ending = {});
  /// Writes one on this thread when the workers took nothing, though there is something to do.
  void WriteUnposted();
  /// Lays aside what is more than the share of memory. False when nothing was.
  bool SpillExcess();
  /// Something that waits has failed, and may be written yet.
  bool is_failing();
  /// It is of no use to try again soon: what was tried since the last retry has found its place
  /// away or full, and nothing was written.
  bool is_stuck();
  /// How many came so far.
  std::uint64_t added_count();
  /// How many wait whose copy on disk is damaged: for the next start, which has the log.
  std::size_t lost_count();
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
  struct Job;
  using JobPtr = std::shared_ptr<Job>;
  /// Of a tenant whose blocks find their place away or full.
  enum class Away { kRests, kMayBeTried, kIsTried };

  /// Under mutex_: those that follow. Next: the one to be written among those up to `last_number`
  /// that have not failed since.
  JobPtr Next(std::uint64_t last_number, std::uint64_t last_failure) const;
  bool MayBeReady(const Job& job) const;
  bool IsReady(const Job& job) const;
  bool IsLeft(const Job& job, std::uint64_t last_number, std::uint64_t last_failure) const;
  Status StatusOf(std::uint64_t last_number) const;
  void Begin(Job& job);
  void End(Job& job);
  void StartTasks();
  void NoteUnreachable(const Error& error);
  void NoteFailure(Job& job, const Error& error);
  void NoteOfRound(const Error& error, bool is_news);
  /// Without it.
  void RunTask();
  void WriteOne(std::unique_lock<std::mutex>& lock, const JobPtr& job);
  Result<BlockPtr> Write(Job& job);
  Result<BlockPtr> PutAndOpen(Job& job);
  Result<BlockPtr> Adopt(const Job& job);
  void Rename(Job& job);
  Status Put(Job& job);
  void Publish(Job& job, const BlockPtr& block);
  JobPtr BeginSpilling(std::uint64_t bytes_below);
  Status SpillOne(Job& job);
  void NoteSpilling(const Status& status, bool is_any);

  const Surroundings with_;
  Spill spill_;

  std::mutex mutex_;
  std::condition_variable ended_;
  /// In the order in which they came.
  std::vector<JobPtr> jobs_;
  std::uint64_t last_number_ = 0;
  std::uint64_t failure_count_ = 0;
  std::size_t busy_count_ = 0;
  /// Memory of those that are being written.
  std::uint64_t busy_bytes_ = 0;
  /// Posted, and not ended.
  std::size_t task_count_ = 0;
  bool is_stopping_ = false;
  std::map<TenantId, Away> away_;
  /// Why nothing is tried.
  std::optional<Error> unreachable_;
  bool is_any_written_ = false;  // since the last retry

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
  /// After a failure of the disk it is left alone until then.
  Nanos spill_at_{0};
  Nanos spill_delay_{0};
};

}  // namespace clew::storage
