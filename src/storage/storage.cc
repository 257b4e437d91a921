#include "storage/storage.h"

#include <fmt/core.h>
#include <pthread.h>

#include <algorithm>
#include <span>
#include <tuple>
#include <utility>

#include "base/logging.h"
#include "model/memory.h"
#include "storage/catalogue/damaged_file.h"
#include "storage/storage_counters.h"

namespace clew::storage {
namespace {

constexpr std::chrono::seconds kRetryAfter{1};

prometheus::Counter& SkippedBy(const std::string& filter, base::Metrics& metrics) {
  return metrics.Counter("clew_block_filter_skips",
                         "Times that a query did not open a row group, as a filter of its block "
                         "says that it holds nothing of what is asked for; by filter.",
                         {{"filter", filter}});
}

}  // namespace

Storage::Storage(const StorageOptions& options, log::Log& log, ObjectStore& objects,
                 const model::SpanCodec& codec, const Clock& clock, base::Random& random,
                 base::Metrics& metrics)
    : options_(options),
      log_(log),
      codec_(codec),
      clock_(clock),
      random_(random),
      cache_(options.cache_bytes_max, metrics),
      directories_(
          options.directory_memory,
          {metrics.Counter("clew_block_directory_hits",
                           "Times that a query found the directory or a filter of a block in "
                           "memory."),
           metrics.Counter("clew_block_directory_misses",
                           "Times that the directory or a filter of a block was read from its "
                           "file."),
           metrics.Gauge("clew_block_directory_bytes",
                         "Memory of the directories and filters of blocks.")}),
      filter_meters_{SkippedBy("traces", metrics), SkippedBy("values", metrics)},
      reading_{objects, cache_, directories_, &filter_meters_},
      keeper_({reading_, clock, metrics, [this] { Wake(); }}, options.retention,
              options.inventory_path, options.known_blocks_path),
      reach_(options.reach_path),
      counters_(std::make_unique<Counters>(metrics)),
      tenants_(options.tenants_max, [this](const TenantId& tenant) { return MakeTenant(tenant); }),
      replay_({log, codec, clock, tracker_, counters_->unreadable,
               [this](const TenantId& tenant, model::SpanColumnsPtr columns,
                      const log::Appended& where, pipeline::DeliveryTokenPtr delivery) {
                 const RowGroupSize size = RowGroupSize::Of(*columns);
                 tenants_.FindOrMake(tenant)->Add(
                     std::move(columns), size,
                     {.ranges = {{where.begin, where.end}}, .first = std::move(delivery)});
               },
               [this] {
                 const bool has_room = CheckRoom().has_value();
                 if (!has_room) Wake();
                 return has_room;
               }},
              metrics),
      sealer_({clock, head_bytes_, options.head_bytes_max, options.workers,
               counters_->failed_maintenance, [this] { return is_stopping(); }}) {
  gauges_ = metrics.OnCollect([this] { UpdateGauges(); });
}

Storage::~Storage() { Stop(); }

Result<std::unique_ptr<Storage>> Storage::Open(const StorageOptions& options, log::Log& log,
                                               ObjectStore& objects, const model::SpanCodec& codec,
                                               const Clock& clock, base::Random& random,
                                               base::Metrics& metrics) {
  std::unique_ptr<Storage> storage(
      new Storage(options, log, objects, codec, clock, random, metrics));
  // Without that file blocks could hide records of a log that lost its end, so none is written; the
  // head would fill and every sender be refused. Better told to who starts it.
  TRY(storage->reach_.CheckWritable());
  ASSIGN_OR_RETURN(const auto damage, storage->reach_.Load());
  if (damage.has_value()) ReportDamagedFile(metrics, kReachFileName, *damage);
  TRY(storage->OpenBlocks());
  // Else what comes now could get a position that a block covers, and would be taken for what the
  // block holds at the next replay. What the log has still is replayed: it is what it was.
  log.SkipTo(std::max(storage->replay_.held_up_to(), storage->reach_.Of(log.identity())));
  TRY(storage->replay_.Begin());
  return storage;
}

Status Storage::OpenBlocks() {
  std::map<TenantId, std::vector<BlockPtr>> opened;
  const auto add = [&](const BlockPtr& block) {
    replay_.NoteBlock(*block);
    opened[block->meta.tenant].push_back(WithoutRanges(block));
  };
  const auto must_open = [&](const BlockMeta& meta) { return replay_.Asks(meta); };
  TRY(keeper_.OpenAll(add, options_.ending, must_open));
  tenants_.AddBlocks(opened);
  const std::size_t count = tenants_.count();
  if (count > options_.tenants_max) {
    base::Log(base::LogLevel::kWarn,
              "spans of more tenants are stored than tenants_max of clew_storage: all are read and "
              "may go on, new ones are refused",
              {{"tenants", std::to_string(count)},
               {"tenants_max", std::to_string(options_.tenants_max)}});
  }
  return {};
}

// A few blocks are written one after the other: what the log has by now is noted for all of them.
Status Storage::NoteReach(log::Position end) {
  const std::scoped_lock lock(reach_mutex_);
  if (end <= reach_.Of(log_.identity())) return {};
  Status raised = reach_.Raise(log_.identity(), log_.end());
  if (raised.has_value()) return {};
  return std::unexpected(std::move(raised).error().Annotate(
      "noting how far blocks hold the log, which comes before each of them"));
}

void Storage::RetryBlocks() {
  const auto open_names = [this] {
    std::set<std::string> names;
    for (const BlockKeeper::Kept& kept : KeptBlocks()) names.insert(kept.block->name);
    return names;
  };
  const auto add = [this](const BlockPtr& block) {
    const BlockPtr lean = WithoutRanges(block);
    tenants_.FindOrMake(block->meta.tenant)->AddBlocks({&lean, 1});
    replay_.NoteLateBlock(*block);
  };
  keeper_.RetryLeftOut({open_names, add, [this] { return is_stopping(); }});
}

Tenants::Ptr Storage::MakeTenant(const TenantId& tenant) {
  return std::make_shared<TenantStore>(
      tenant, TenantStore::Surroundings{options_.seal, reading_, clock_, random_, log_.identity(),
                                        head_bytes_, options_.directory_memory,
                                        options_.trace_index_directory,
                                        [this](log::Position end) { return NoteReach(end); },
                                        [this](const BlockPtr& block) {
                                          const std::scoped_lock lock(written_mutex_);
                                          written_blocks_.push_back(block);
                                        },
                                        options_.workers});
}

void Storage::Start() {
  replay_.Start();
  maintenance_thread_ = std::thread([this] {
    pthread_setname_np(pthread_self(), "clew-storage");
    RunMaintenance();
  });
}

bool Storage::is_stopping() const {
  const std::scoped_lock lock(stop_mutex_);
  return is_stopping_;
}

void Storage::Stop() {
  {
    const std::scoped_lock lock(stop_mutex_);
    is_stopping_ = true;
  }
  wake_.notify_all();
  replay_.Stop();
  if (maintenance_thread_.joinable()) maintenance_thread_.join();
  // While calls under way still hold this, another may show the same gauges.
  gauges_.reset();
  // Readers may end later than this.
  keeper_.StopWaking();
  const std::scoped_lock nobody_maintains(maintenance_mutex_);
  is_stopped_ = true;
}

Status Storage::CheckRoom() const {
  // What waits for the log comes into the head, however long the disk takes.
  const std::uint64_t bytes = head_bytes_ + admitted_bytes_;
  if (bytes < options_.head_bytes_max) return {};
  Error error{Code::kResourceExhausted,
              fmt::format("the head holds {} bytes that are in no block yet, the limit is {}: send "
                          "again later, or raise head_limit_mib of clew_storage",
                          bytes, options_.head_bytes_max)};
  error.retry_after = kRetryAfter;
  return std::unexpected(std::move(error));
}

Storage::Admission::~Admission() {
  if (tenant_ != nullptr && !is_added_) counters_.refused_log.Increment(span_count_);
}

Result<Storage::Admission> Storage::Admit(const model::Batch& batch, const TenantId& tenant) {
  const auto span_count = static_cast<double>(batch.item_count());
  // Decoded first: what cannot be read must not be acknowledged.
  Result<model::SpanColumnsPtr> columns = batch.columns();
  if (!columns.has_value()) {
    counters_->refused_malformed.Increment(span_count);
    return std::unexpected(std::move(columns).error());
  }
  return AdmitDecoded(*std::move(columns), tenant, span_count);
}

Result<Storage::Admission> Storage::AdmitDecoded(model::SpanColumnsPtr columns,
                                                 const TenantId& tenant, double span_count) {
  const RowGroupSize size = RowGroupSize::Of(*columns);
  if (Status fits = CheckRowGroupSize(size, options_.seal.row_group); !fits.has_value()) {
    counters_->refused_too_large.Increment(span_count);
    fits.error().message += ": send smaller requests";
    return std::unexpected(std::move(fits).error());
  }
  if (const Status room = CheckRoom(); !room.has_value()) {
    counters_->refused_head_full.Increment(span_count);
    Wake();
    return std::unexpected(room.error());
  }
  Result<Tenants::Ptr> store = tenants_.Admit(tenant);
  if (!store.has_value()) {
    counters_->refused_tenants.Increment(span_count);
    return std::unexpected(std::move(store).error());
  }
  // From here to Add the record may be in the log and is not in the head: the checkpoint must not
  // pass it. It will lie at the end of the log or behind it.
  AdmittedBytes bytes(admitted_bytes_, model::MemoryOf(*columns));
  return Admission(*counters_, *std::move(store), std::move(columns), size, span_count,
                   tracker_.Begin(log_.end()), std::move(bytes));
}

void Storage::Add(Admission admission, const log::Appended& where) {
  AddToHead(admission,
            {.ranges = {{where.begin, where.end}}, .first = std::move(admission.delivery_)});
}

Status Storage::Add(const model::Batch& batch, const TenantId& tenant,
                    const pipeline::DeliveryTokenPtr& delivery) {
  if (is_stopping()) {
    return std::unexpected(Error{Code::kUnavailable, "the store is being stopped", kRetryAfter});
  }
  ASSIGN_OR_RETURN(Admission admission, Admit(batch, tenant));
  HeldRecords records;
  // From here on the spans count as the head's.
  if (delivery != nullptr) records.others.push_back(delivery->WithoutMemory());
  AddToHead(admission, std::move(records));
  return {};
}

void Storage::AddToHead(Admission& admission, HeldRecords records) {
  admission.is_added_ = true;
  const std::uint64_t span_count = admission.columns_->span_count();
  if (span_count == 0) return;
  admission.tenant_->Add(admission.columns_, admission.size_, std::move(records));
  counters_->appended_spans.Increment(admission.span_count_);
  spans_since_wake_ += span_count;
  if (spans_since_wake_ >= options_.seal.row_group_span_count || sealer_.IsHeadTight()) {
    Wake();
  }
}

void Storage::Wake() {
  {
    const std::scoped_lock lock(stop_mutex_);
    is_woken_ = true;
  }
  spans_since_wake_ = 0;
  wake_.notify_all();
}

std::vector<scan::SpanSourcePtr> Storage::Sources(const TenantId& tenant) const {
  const Tenants::Ptr store = tenants_.Find(tenant);
  return store != nullptr ? store->Sources() : std::vector<scan::SpanSourcePtr>();
}

Result<std::vector<scan::SpanSourcePtr>> Storage::SourcesOf(const TenantId& tenant,
                                                            std::span<const TraceId> ids,
                                                            const scan::StopCheck& check) const {
  const Tenants::Ptr store = tenants_.Find(tenant);
  if (store == nullptr) return std::vector<scan::SpanSourcePtr>();
  return store->SourcesOf(ids, check);
}

Result<Names> Storage::OperationNames(const TenantId& tenant, const scan::StopCheck& check) const {
  const Tenants::Ptr store = tenants_.Find(tenant);
  if (store == nullptr) return Names{.merged = std::make_shared<const RollUp>(), .others = {}};
  return store->OperationNames(check);
}

Result<TagNames> Storage::Tags(const TenantId& tenant, const TimeRange& range,
                               const scan::StopCheck& check) const {
  const Tenants::Ptr store = tenants_.Find(tenant);
  if (store == nullptr) {
    return TagNames{.merged = std::make_shared<const std::vector<TagTotal>>(), .others = {}};
  }
  return store->Tags(range, check);
}

Result<std::vector<scan::SpanSourcePtr>> Storage::TagValues(const TenantId& tenant,
                                                            const TimeRange& range,
                                                            const TagQuestion& question,
                                                            const TagValueVisitor& visit,
                                                            const scan::StopCheck& check) const {
  const Tenants::Ptr store = tenants_.Find(tenant);
  if (store == nullptr) return std::vector<scan::SpanSourcePtr>();
  return store->TagValues(range, question, visit, check);
}

std::vector<std::string> Storage::LeftOut(const TenantId& tenant,
                                          std::uint64_t* unnamed_count) const {
  std::vector<std::string> texts = keeper_.LeftOut(tenant, unnamed_count);
  replay_.AddLeftOut(tenant, texts, unnamed_count);
  return texts;
}

void Storage::RunMaintenance() {
  bool may_be_woken = true;
  for (;;) {
    {
      std::unique_lock lock(stop_mutex_);
      const Nanos until = clock_.Monotonic() + options_.maintenance_interval;
      while (!is_stopping_ && !(is_woken_ && may_be_woken) && clock_.Monotonic() < until) {
        clock_.Wait(lock, wake_, until);
      }
      if (is_stopping_) return;
      is_woken_ = false;
    }
    // When the disk fails, every refused append would have it tried again at once.
    may_be_woken = Maintain().has_value();
  }
}

// In this order, so that a crash at any point loses and doubles nothing:
// 1. Seal. Row groups are made while their batches still answer, and take their place in one step.
// 2. Before a block, how far the log reached is noted (NoteReach): else a log that loses its end
//    could give positions again that the block covers.
// 3. The block is written and synced, and read back. The log still has its records: a crash here
//    leaves a block that a replay recognises by log identity, partition and positions.
// 4. Publish. Head and blocks change in one step that queries see as one (TenantStore::CutBlock).
// The
//    head lets go of the delivery tokens only here: no checkpoint passes what is in no block.
// 5. The inventory names the block, so that it shows when it is gone.
// 6. Checkpoint. Only now may the log forget. A crash before it replays records that blocks hold,
//    which the replay leaves out.
// Retention comes last: it looks at what is published, and a block that it takes is out of the
// answers before its object is deleted.
Status Storage::Maintain() {
  const std::scoped_lock lock(maintenance_mutex_);
  Status status = sealer_.Seal(tenants_.WithHead());
  Checkpoint();
  RetryBlocks();
  directories_.Fit();
  ApplyRetention();
  IndexTraces();
  // Their files go.
  for (const Tenants::Ptr& store : tenants_.ForgetIdle()) {
    store->IndexTraces([] { return true; });
  }
  return status;
}

void Storage::ApplyRetention() {
  const Nanos begun = clock_.Monotonic();
  if (retention_.IsDue(begun)) {
    keeper_.ApplyRetention(KeptBlocks());
    retention_.WasDone(begun, clock_.Monotonic());
  }
  keeper_.DeleteCondemned();
}

// Reads blocks: sealing comes first, and whoever has no turn within a second has it the next time.
void Storage::IndexTraces() {
  constexpr Nanos kTimeMax = std::chrono::seconds(1);
  const Nanos begun = clock_.Monotonic();
  if (!indexing_.IsDue(begun)) return;
  const auto is_over = [this] { return is_stopping() || sealer_.IsHeadTight(); };
  const std::vector<Tenants::Ptr> tenants = tenants_.All();
  for (std::size_t i = 0; i < tenants.size(); ++i) {
    if (is_over() || clock_.Monotonic() - begun > kTimeMax) break;
    tenants[next_indexed_++ % tenants.size()]->IndexTraces(is_over);
  }
  indexing_.WasDone(begun, clock_.Monotonic());
}

Status Storage::Flush() {
  const std::scoped_lock lock(maintenance_mutex_);
  if (is_stopped_) return base::Unavailable("the store is stopped");
  Status status = sealer_.SealAll(tenants_.WithHead());
  Checkpoint();
  return status;
}

// Before the log forgets what they hold: from then on nothing else tells that one is gone. But that
// they could not be noted, which is told and tried again, does not hold up the log. They are
// durable, and the next start notes those that it finds: what goes unnoticed is one that somebody
// removes before that. A log that waited would grow until it refuses spans; and it is the log that
// makes room when the inventory cannot be written since the disk is full.
void Storage::NoteWrittenBlocks() {
  std::vector<BlockPtr> written;
  {
    const std::scoped_lock lock(written_mutex_);
    written.swap(written_blocks_);
  }
  keeper_.NoteBlocks(written);
}

void Storage::Checkpoint() {
  NoteWrittenBlocks();
  // The end first: what is appended later has its token behind it.
  const log::Position end = log_.end();
  const log::Position safe = tracker_.Watermark(end);
  if (safe <= log_.Committed(kStorageConsumer)) return;
  const Status status = log_.Commit(kStorageConsumer, safe);
  if (status.has_value()) return failed_checkpoints_.End();
  counters_->failed_maintenance.Increment();
  failed_checkpoints_.Add(status.error(), clock_.Monotonic());
}

std::vector<BlockKeeper::Kept> Storage::KeptBlocks() const {
  std::vector<BlockKeeper::Kept> blocks;
  for (const Tenants::Ptr& tenant : tenants_.All()) {
    for (const BlockPtr& block : tenant->blocks()) blocks.push_back({tenant, block});
  }
  return blocks;
}

TenantFacts Storage::facts() const {
  TenantFacts sum;
  for (const Tenants::Ptr& tenant : tenants_.All()) sum += tenant->facts();
  return sum;
}

void Storage::UpdateGauges() {
  const TenantFacts now = facts();
  counters_->fresh_spans.Set(static_cast<double>(now.fresh_span_count));
  counters_->fresh_bytes.Set(static_cast<double>(now.fresh_bytes));
  counters_->fresh_batches.Set(static_cast<double>(now.fresh_batch_count));
  counters_->sealed_spans.Set(static_cast<double>(now.sealed_span_count));
  counters_->sealed_bytes.Set(static_cast<double>(now.sealed_bytes));
  counters_->blocks.Set(static_cast<double>(now.block_count));
  counters_->block_spans.Set(static_cast<double>(now.block_span_count));
  counters_->block_bytes.Set(static_cast<double>(now.block_bytes));
  counters_->lost_log_bytes.Set(static_cast<double>(replay_.lost_bytes()));
  counters_->tenants_limit.Set(static_cast<double>(options_.tenants_max));
  counters_->tenants.Set(static_cast<double>(tenants_.count()));
}

void Storage::ReportUnreadable(std::string_view block, const Error& error) {
  counters_->unreadable.Increment();
  keeper_.damaged().Add(block, error);
}

}  // namespace clew::storage
