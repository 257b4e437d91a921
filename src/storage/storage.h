#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <span>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include "base/metrics.h"
#include "base/random.h"
#include "base/worker_pool.h"
#include "log/delivery_tracker.h"
#include "log/log.h"
#include "model/batch.h"
#include "storage/admitted_bytes.h"
#include "storage/block_keeper.h"
#include "storage/block_writer.h"
#include "storage/failure_episode.h"
#include "storage/format/scan_cache.h"
#include "storage/log_reach.h"
#include "storage/replay.h"
#include "storage/rested_work.h"
#include "storage/sealer.h"
#include "storage/storage_options.h"
#include "storage/tenant_store.h"
#include "storage/tenants.h"

namespace clew::storage {

/// The embedded store: head and blocks of all tenants, filled from the log as one of its consumers.
/// Any thread.
///
/// What stands at the log hands it each batch as it appends it: Admit, append, Add. After a crash
/// the head is rebuilt from the log: every record after the checkpoint that no block holds. What
/// stands behind processors comes by Add with a delivery token, and from there again.
class Storage {
 public:
  /// Lists and opens the blocks. A block that cannot be read is left out and where it is: counted,
  /// named in the log of the process; unless it is damaged, opening it is tried again. All
  /// arguments outlive the storage.
  static Result<std::unique_ptr<Storage>> Open(const StorageOptions& options, log::Log& log,
                                               ObjectStore& objects, const model::SpanCodec& codec,
                                               const Clock& clock, base::Random& random,
                                               base::Metrics& metrics);
  ~Storage();

  /// Begins replay and maintenance. Appends may come at once; queries are complete when
  /// is_ready(), but for what LeftOut() names.
  void Start();
  /// Ends the threads and waits for what is being written; a Flush that is under way is cut short.
  /// Nothing is written to the directory any more, which may be another's soon. What is in the head
  /// stays in the log. Idempotent.
  void Stop();
  /// From the begin of Stop on.
  bool is_stopping() const;
  /// The log has been replayed, or cannot be for now: then it is tried again and again, LeftOut()
  /// says so, and the rest answers.
  bool is_ready() const { return replay_.is_ready(); }

  /// Room for a batch whose record is appended now: nothing refuses it any more, and the checkpoint
  /// does not pass it. One that is destroyed before it was added counts as refused by the log.
  class Admission;
  /// INVALID_ARGUMENT when the batch is not OTLP, or more than a row group takes
  /// (CheckRowGroupSize), and could not be read again once it is sealed; RESOURCE_EXHAUSTED with
  /// retry_after when the head is full, or when there are as many tenants as may be and this is
  /// another one.
  Result<Admission> Admit(const model::Batch& batch, const TenantId& tenant);
  /// What was admitted lies in the log at `where`; its spans can be found when this returns.
  void Add(Admission admission, const log::Appended& where);
  /// Spans that processors behind the log hand on: searchable when it returns, and in a block when
  /// the store lets go of `delivery`, which may be null. Errors as of Admit; UNAVAILABLE once it is
  /// being stopped.
  Status Add(const model::Batch& batch, const TenantId& tenant,
             const pipeline::DeliveryTokenPtr& delivery);

  /// What a query scans: fresh batches, row groups of the head and of all blocks. Empty for an
  /// unknown tenant.
  std::vector<scan::SpanSourcePtr> Sources(const TenantId& tenant) const;
  /// Those of them in which spans of these traces may be. `check`, here and below, is asked now and
  /// then, and its error is the answer; it may be empty.
  Result<std::vector<scan::SpanSourcePtr>> SourcesOf(const TenantId& tenant,
                                                     std::span<const TraceId> ids,
                                                     const scan::StopCheck& check = {}) const;
  /// What operations the tenant has.
  Result<Names> OperationNames(const TenantId& tenant, const scan::StopCheck& check = {}) const;
  /// What tags it has, in blocks and in memory with something in `range`.
  Result<TagNames> Tags(const TenantId& tenant, const TimeRange& range,
                        const scan::StopCheck& check = {}) const;
  /// What values a tag has in the same: those that roll-ups tell are visited; gives where else
  /// there may be some. Of what is in memory, whatever its range.
  Result<std::vector<scan::SpanSourcePtr>> TagValues(const TenantId& tenant, const TimeRange& range,
                                                     const TagQuestion& question,
                                                     const TagValueVisitor& visit,
                                                     const scan::StopCheck& check = {}) const;
  /// What Sources lacks since it cannot be opened, in words: blocks and why, some dozen at most;
  /// what the log lost before a block held it, a dozen at most; and for every tenant, from where on
  /// the log cannot be read. How many there are besides is added to `unnamed_count`, unless it is
  /// null. And what waits to be written in a copy that cannot be read, until the log was read for
  /// it. To be asked before Sources.
  std::vector<std::string> LeftOut(const TenantId& tenant,
                                   std::uint64_t* unnamed_count = nullptr) const;

  /// How many blocks there are of which LeftOut names the copy.
  std::size_t lost_waiting_count() const { return writer_->lost_count(); }

  /// Seals all there is, writes it into blocks and moves the checkpoint. UNAVAILABLE once it is
  /// stopped, and when `ending` is asked for before all is written; DATA_LOSS when some of it
  /// cannot be read where it waits, and is in the head again soon.
  Status Flush(const std::stop_token& ending = {});
  /// What the maintenance thread does now and then, and waits for what is to be written; for tests.
  /// An error was logged, and will be tried again.
  Status Maintain();
  /// Sum over tenants.
  TenantFacts facts() const;

  /// Counts what a query had to leave out of a source of `block` (scan::SpanSource::block); logged
  /// once a block.
  void ReportUnreadable(std::string_view block, const Error& error);

 private:
  struct Counters;

  Storage(const StorageOptions& options, log::Log& log, ObjectStore& objects,
          const model::SpanCodec& codec, const Clock& clock, base::Random& random,
          base::Metrics& metrics);

  Status OpenBlocks();
  void RetryBlocks();
  Status NoteReach(log::Position end);
  std::shared_ptr<BlockWriter> MakeWriter();
  Tenants::Ptr MakeTenant(const TenantId& tenant);
  Status CheckRoom() const;
  Result<Admission> AdmitDecoded(model::SpanColumnsPtr columns, const TenantId& tenant,
                                 double span_count);
  void AddToHead(Admission& admission, HeldRecords records);
  enum class Waking { kForWork, kForRoom };
  void Wake(Waking why);
  void RunMaintenance();
  enum class Writing { kGoesOn, kIsWaitedFor };
  Status MaintainOnce(Writing writing);
  bool IsRetryDue(Writing writing);
  void ApplyRetention();
  void IndexTraces();
  void NoteWrittenBlocks();
  void Checkpoint();
  std::vector<BlockKeeper::Kept> KeptBlocks() const;
  void UpdateGauges();

  const StorageOptions options_;
  log::Log& log_;
  const model::SpanCodec& codec_;
  const Clock& clock_;
  base::Random& random_;
  ScanCache cache_;
  ScanCache directories_;
  const FilterMeters filter_meters_;
  const BlockReading reading_;
  BlockKeeper keeper_;
  std::mutex reach_mutex_;
  LogReach reach_;  // under reach_mutex_, once blocks are written
  std::unique_ptr<Counters> counters_;
  std::shared_ptr<void> gauges_;

  std::atomic<std::uint64_t> head_bytes_{0};
  std::atomic<std::uint64_t> waiting_bytes_{0};   // of what is handed over to be written
  std::atomic<std::uint64_t> admitted_bytes_{0};  // of what is not in the head yet
  std::atomic<std::uint64_t> spans_since_wake_{0};

  /// The first of them is the checkpoint: what is on its way into the head, what is there in no
  /// block yet, and what the replay has not come to.
  log::DeliveryTracker tracker_;
  const std::shared_ptr<BlockWriter> writer_;
  Tenants tenants_;
  Replay replay_;

  std::mutex maintenance_mutex_;  // one maintainer at a time; for what follows, too
  bool is_stopped_ = false;
  std::mutex written_mutex_;
  std::vector<BlockPtr> written_blocks_;  // under written_mutex_
  Sealer sealer_;
  FailureEpisode failed_checkpoints_{"the checkpoint could not be written; trying again"};
  // Both look at every block.
  RestedWork retention_{50, std::chrono::minutes(10)};
  RestedWork indexing_{5, std::chrono::minutes(1)};
  std::size_t next_indexed_ = 0;
  /// When blocks that could not be written are tried again, and how long after the last time.
  Nanos retry_at_{0};
  Nanos retry_delay_{0};
  mutable std::mutex stop_mutex_;
  std::condition_variable wake_;
  bool is_stopping_ = false;
  // Since the last round began.
  bool is_woken_ = false;
  bool is_room_wanted_ = false;
  std::thread maintenance_thread_;
};

class Storage::Admission {
 public:
  Admission(Admission&&) noexcept = default;
  ~Admission();

 private:
  friend class Storage;
  Admission(Counters& counters, Tenants::Ptr tenant, model::SpanColumnsPtr columns,
            const RowGroupSize& size, double span_count, pipeline::DeliveryTokenPtr delivery,
            AdmittedBytes bytes)
      : counters_(counters),
        tenant_(std::move(tenant)),
        columns_(std::move(columns)),
        size_(size),
        span_count_(span_count),
        delivery_(std::move(delivery)),
        bytes_(std::move(bytes)) {}

  Counters& counters_;
  Tenants::Ptr tenant_;  // null when it was moved from
  model::SpanColumnsPtr columns_;
  RowGroupSize size_;
  double span_count_;
  /// At or before the record's place in the log.
  pipeline::DeliveryTokenPtr delivery_;
  AdmittedBytes bytes_;
  bool is_added_ = false;
};

}  // namespace clew::storage
