#include "storage/storage.h"

#include <fmt/core.h>
#include <pthread.h>

#include <algorithm>
#include <span>
#include <tuple>
#include <utility>

#include "base/logging.h"
#include "model/limits.h"
#include "storage/catalogue/damaged_file.h"
#include "storage/format/log_ranges.h"
#include "storage/storage_counters.h"

namespace clew::storage {
namespace {

constexpr std::string_view kConsumer = "storage";
constexpr std::chrono::seconds kRetryAfter{1};

Result<Bytes> BodyOf(const log::Record& record) {
  if (record.compression == base::Compression::kNone) return record.body;
  ASSIGN_OR_RETURN(std::string body,
                   base::Decompress(record.compression, record.body.view(), model::kBodyBytesMax));
  return Bytes(std::move(body));
}

Bytes JoinPieces(const std::vector<Bytes>& pieces) {
  if (pieces.size() == 1) return pieces.front();
  std::string joined;
  for (const Bytes& piece : pieces) joined.append(piece.view());
  return Bytes(std::move(joined));
}

}  // namespace

Storage::Storage(const StorageOptions& options, log::Log& log, ObjectStore& objects,
                 const model::BatchCodec& codec, const Clock& clock, base::Random& random,
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
                           "Times that a query found the directory of a block in memory."),
           metrics.Counter("clew_block_directory_misses",
                           "Times that the directory of a block was read from its file."),
           metrics.Gauge("clew_block_directory_bytes", "Memory of the directories of blocks.")}),
      reading_{objects, cache_, directories_},
      keeper_({reading_, clock, metrics}, options.retention, options.inventory_path),
      reach_(options.reach_path),
      counters_(std::make_unique<Counters>(metrics)),
      sealing_({clock, head_bytes_, options.head_bytes_max, written_blocks_,
                counters_->failed_maintenance, [this] { return is_stopping(); }}) {
  counters_->ready.Set(0);
  gauges_ = metrics.OnCollect([this] { UpdateGauges(); });
}

Storage::~Storage() {
  Stop();
  gauges_.reset();
}

Result<std::unique_ptr<Storage>> Storage::Open(const StorageOptions& options, log::Log& log,
                                               ObjectStore& objects, const model::BatchCodec& codec,
                                               const Clock& clock, base::Random& random,
                                               base::Metrics& metrics) {
  std::unique_ptr<Storage> storage(
      new Storage(options, log, objects, codec, clock, random, metrics));
  // Without that file blocks could hide records of a log that lost its end, so none is written; the
  // head would fill and every sender be refused. Better told to who starts it.
  TRY(storage->reach_.CheckWritable());
  ASSIGN_OR_RETURN(const auto damage, storage->reach_.Load());
  if (damage.has_value()) ReportDamagedFile(metrics, kReachFileName, *damage);
  // Where something is lost the log would begin behind it; but blocks may hold that, and when they
  // do not, the next start must be told of it, too, if this one is cut short.
  log::Position committed = log.Committed(kConsumer);
  if (const auto lost = log.Lost(kConsumer); !lost.empty()) {
    committed = std::min(committed, lost.front().begin);
  }
  storage->replay_begin_ = committed;
  ASSIGN_OR_RETURN(const log::Position held, storage->OpenBlocks());
  // Else what comes now could get a position that a block covers, and would be taken for what the
  // block holds at the next replay. What the log has still is replayed: it is what it was.
  log.SkipTo(std::max(held, storage->reach_.Of(log.identity())));
  // From now on the log keeps what is not in a block.
  TRY(log.Commit(kConsumer, committed));
  storage->replay_hold_ = storage->holds_.At(committed);
  storage->replay_end_ = log.end();
  return storage;
}

// Of a damaged block nothing counts: what the log still has of it is replayed, and readers drop
// what they see twice.
bool Storage::HoldsOfReplay(const Block& block) const {
  const std::vector<LogRange>& ranges = block.meta.log_ranges;
  return !block.is_damaged && !ranges.empty() && ranges.back().end > replay_begin_;
}

Result<log::Position> Storage::OpenBlocks() {
  log::Position held;
  TRY(keeper_.OpenAll([&](const BlockPtr& block) {
    const BlockMeta& meta = block->meta;
    if (!meta.log_ranges.empty() && meta.log_identity == log_.identity()) {
      held = std::max(held, meta.log_ranges.back().end);
    }
    if (HoldsOfReplay(*block)) {
      held_by_blocks_[meta.tenant].push_back({meta.log_identity, meta.created_at, meta.log_ranges});
    }
    Tenant(meta.tenant)->AddBlock(block);
  }));
  const std::size_t count = Tenants().size();
  if (count > options_.tenants_max) {
    base::Log(base::LogLevel::kWarn,
              "spans of more tenants are stored than tenants_max of clew_storage: all are read and "
              "may go on, new ones are refused",
              {{"tenants", std::to_string(count)},
               {"tenants_max", std::to_string(options_.tenants_max)}});
  }
  return held;
}

// A few blocks are written one after the other: what the log has by now is noted for all of them.
Status Storage::NoteReach(log::Position end) {
  if (end <= reach_.Of(log_.identity())) return {};
  Status raised = reach_.Raise(log_.identity(), log_.end());
  if (raised.has_value()) return {};
  return std::unexpected(std::move(raised).error().Annotate(
      "noting how far blocks hold the log, which comes before each of them"));
}

// What is in one may also have been replayed meanwhile: readers drop what they see twice.
void Storage::RetryBlocks() {
  const auto open_names = [this] {
    std::set<std::string> names;
    for (const BlockKeeper::Kept& kept : KeptBlocks()) names.insert(kept.block->name);
    return names;
  };
  const auto add = [this](const BlockPtr& block) {
    const BlockMeta& meta = block->meta;
    Tenant(meta.tenant)->AddBlock(block);
    if (HoldsOfReplay(*block) && meta.log_identity == log_.identity()) {
      lost_.TakeOut(meta.log_ranges);
    }
  };
  keeper_.RetryLeftOut({open_names, add, [this] { return is_stopping(); }});
}

Storage::TenantStorePtr Storage::FindOrMake(const TenantId& tenant) {
  TenantStorePtr& store = tenants_[tenant];
  if (store == nullptr) {
    store = std::make_shared<TenantStore>(
        tenant, TenantStore::Surroundings{
                    options_.seal, reading_, clock_, random_, log_.identity(), head_bytes_,
                    [this](log::Position end) { return NoteReach(end); }, written_blocks_});
  }
  return store;
}

Storage::TenantStorePtr Storage::Tenant(const TenantId& tenant) {
  const std::scoped_lock lock(tenants_mutex_);
  return FindOrMake(tenant);
}

Result<Storage::TenantStorePtr> Storage::Admit(const TenantId& tenant) {
  constexpr std::chrono::minutes kRetryWhenCrowded{1};
  const std::scoped_lock lock(tenants_mutex_);
  if (tenants_.size() < options_.tenants_max || tenants_.contains(tenant)) {
    return FindOrMake(tenant);
  }
  return std::unexpected(Error{
      Code::kResourceExhausted,
      fmt::format("spans of {} tenants are stored, as many as may be, and \"{}\" is another one: "
                  "raise tenants_max of clew_storage, or wait until retention has deleted one",
                  tenants_.size(), tenant.name()),
      kRetryWhenCrowded});
}

std::vector<Storage::TenantStorePtr> Storage::Tenants() const {
  const std::scoped_lock lock(tenants_mutex_);
  std::vector<TenantStorePtr> stores;
  for (const auto& [tenant, store] : tenants_) stores.push_back(store);
  return stores;
}

// Most have nothing to look after, when there are many.
std::vector<Storage::TenantStorePtr> Storage::TenantsWithHead() const {
  const std::scoped_lock lock(tenants_mutex_);
  std::vector<TenantStorePtr> stores;
  for (const auto& [tenant, store] : tenants_) {
    if (store->has_head()) stores.push_back(store);
  }
  return stores;
}

void Storage::ForgetIdleTenants() {
  const std::scoped_lock lock(tenants_mutex_);
  std::erase_if(tenants_, [](const auto& entry) {
    return entry.second.use_count() == 1 && entry.second->is_empty();
  });
}

void Storage::Start() {
  replay_thread_ = std::thread([this] {
    pthread_setname_np(pthread_self(), "clew-replay");
    Replay();
  });
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
  if (replay_thread_.joinable()) replay_thread_.join();
  if (maintenance_thread_.joinable()) maintenance_thread_.join();
  const std::scoped_lock nobody_maintains(maintenance_mutex_);
  is_stopped_ = true;
}

Status Storage::CheckRoom() const {
  if (head_bytes_ < options_.head_bytes_max) return {};
  Error error{Code::kResourceExhausted,
              fmt::format("the head holds {} bytes that are in no block yet, the limit is {}: send "
                          "again later, or raise head_limit_mib of clew_storage",
                          head_bytes_.load(), options_.head_bytes_max)};
  error.retry_after = kRetryAfter;
  return std::unexpected(std::move(error));
}

Status Storage::Append(const model::TraceBatchPtr& batch, const TenantId& tenant,
                       const std::string& pipeline) {
  const auto span_count = static_cast<double>(batch->span_count());
  // Decoded first: what cannot be read must not be acknowledged.
  const Result<model::SpanColumnsPtr> columns = batch->columns();
  if (!columns.has_value()) {
    counters_->refused_malformed.Increment(span_count);
    return std::unexpected(columns.error());
  }
  if ((*columns)->span_count() == 0) return {};
  const RowGroupSize size = RowGroupSize::Of(**columns);
  if (Status fits = CheckRowGroupSize(size, options_.seal.row_group); !fits.has_value()) {
    counters_->refused_too_large.Increment(span_count);
    fits.error().message += ": send smaller requests";
    return fits;
  }
  if (const Status room = CheckRoom(); !room.has_value()) {
    counters_->refused_head_full.Increment(span_count);
    Wake();
    return room;
  }
  const Result<TenantStorePtr> store = Admit(tenant);
  if (!store.has_value()) {
    counters_->refused_tenants.Increment(span_count);
    return std::unexpected(store.error());
  }
  log::Record record;
  record.tenant = tenant;
  record.pipeline = pipeline;
  record.received_at = clock_.Now();
  if ((*columns)->is_cut) {
    // Not as it came: replay and followers decode it with other limits, or with none.
    record.body = batch->codec().Encode(**columns);
  } else if (batch->received()) {
    record.compression = batch->received()->compression;
    record.body = batch->received()->bytes;
  } else {
    record.body = JoinPieces(batch->wire());
  }
  // From here to Add the record is in the log but not in the head: the checkpoint must not pass.
  const log::HoldPtr hold = holds_.At(log_.end());
  const Result<log::Appended> where = log_.Append(record);
  if (!where.has_value()) {
    counters_->refused_log.Increment(span_count);
    return std::unexpected(where.error());
  }
  hold->MoveTo(where->begin);
  (*store)->Add(*columns, size, *where, hold);
  counters_->appended_spans.Increment(span_count);
  spans_since_wake_ += (*columns)->span_count();
  if (spans_since_wake_ >= options_.seal.row_group_span_count || sealing_.IsHeadTight()) {
    Wake();
  }
  return {};
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
  TenantStorePtr store;
  {
    const std::scoped_lock lock(tenants_mutex_);
    const auto found = tenants_.find(tenant);
    if (found == tenants_.end()) return {};
    store = found->second;
  }
  return store->Sources();
}

bool Storage::IsInBlock(const log::Appended& where, const log::Record& record) const {
  const auto found = held_by_blocks_.find(record.tenant);
  if (found == held_by_blocks_.end()) return false;
  return std::ranges::any_of(found->second, [&](const HeldByBlock& block) {
    // A log that was begun anew repeats positions.
    const bool is_of_this_log = block.log_identity.is_zero()
                                    // Does not say it: at least it cannot hold what came after it.
                                    ? record.received_at <= block.created_at
                                    : block.log_identity == log_.identity();
    return is_of_this_log && Covers(block.ranges, where);
  });
}

// Of the replay, as long as it knows what blocks hold. What was lost behind its end came by Append.
void Storage::NoteLost() {
  std::vector<log::LostPiece> lost = log_.Lost(kConsumer);
  std::erase_if(lost, [this](const log::LostPiece& piece) { return piece.begin >= replay_end_; });
  std::vector<LogRange> held;
  for (const auto& [tenant, blocks] : held_by_blocks_) {
    for (const HeldByBlock& block : blocks) {
      if (block.log_identity != log_.identity()) continue;
      held.insert(held.end(), block.ranges.begin(), block.ranges.end());
    }
  }
  lost_.AddUncovered(lost, JoinRanges(std::move(held)));
}

Status Storage::ReplayRecord(const log::Appended& where, const log::Record& record) {
  if (IsInBlock(where, record)) return {};
  std::unique_lock lock(stop_mutex_);
  while (!is_stopping_ && !CheckRoom().has_value()) {
    is_woken_ = true;
    wake_.notify_all();
    clock_.Wait(lock, wake_, clock_.Monotonic() + std::chrono::milliseconds(20));
  }
  if (is_stopping_) return MakeError(Code::kCancelled, "stopping");
  lock.unlock();
  const Result<Bytes> body = BodyOf(record);
  const Result<model::SpanColumnsPtr> columns =
      body.has_value() ? codec_.Decode({*body}, 0)
                       : Result<model::SpanColumnsPtr>(std::unexpected(body.error()));
  if (!columns.has_value()) {
    // It was readable when it was acknowledged; keep going with the rest.
    counters_->unreadable.Increment();
    base::Log(
        base::LogLevel::kError, "a record of the log cannot be read and is left out",
        {{"position", std::to_string(where.begin.offset)}, {"error", columns.error().message}});
    lost_.Add({where.begin, where.end, columns.error().message, record.tenant});
    return {};
  }
  if ((*columns)->span_count() == 0) return {};
  counters_->replayed_spans.Increment(static_cast<double>((*columns)->span_count()));
  Tenant(record.tenant)->Add(*columns, RowGroupSize::Of(**columns), where, holds_.At(where.begin));
  return {};
}

// Gives false when it was stopped.
bool Storage::ReadLogAgain(log::Position next) {
  for (int tries = 1;; ++tries) {
    const Result<log::Position> reached =
        log_.Read(next, [&](const log::Appended& where, const log::Record& record) -> Status {
          if (where.begin >= replay_end_) return MakeError(Code::kAborted, "caught up");
          replay_hold_->MoveTo(where.begin);
          TRY(ReplayRecord(where, record));
          next = where.end;
          tries = 1;
          return {};
        });
    if (reached.has_value() || reached.error().code == Code::kAborted) return true;
    if (reached.error().code == Code::kCancelled) return false;
    counters_->failed_replays.Increment();
    if (!WaitToReadAgain(next, reached.error(), tries)) return false;
  }
}

// The first tries follow each other soon, and queries wait for them. After those what can be read
// answers, and says that the rest is missing. The hold stays, so that nothing is given up. Gives
// false when it was stopped.
bool Storage::WaitToReadAgain(log::Position next, const Error& error, int tries) {
  constexpr int kQuickTries = 10;
  constexpr Nanos kDelayMax = std::chrono::minutes(1);
  const bool is_quick = tries < kQuickTries && !is_ready_;
  base::Log(base::LogLevel::kError,
            is_quick ? "the log cannot be read; trying again"
                     : "the log cannot be read: what is behind this position is not found; trying "
                       "again, the rest answers",
            {{"position", std::to_string(next.offset)}, {"error", error.message}});
  Nanos delay = kRetryAfter;
  if (!is_quick) {
    NoteLost();
    const std::scoped_lock lock(replay_mutex_);
    replay_fault_ = fmt::format("the log behind position {}: {}", next.offset, error.message);
    delay =
        std::min<Nanos>(delay * (1 << std::min(std::max(tries - kQuickTries, 0), 10)), kDelayMax);
  }
  if (!is_quick) is_ready_ = true;
  std::unique_lock lock(stop_mutex_);
  const Nanos until = clock_.Monotonic() + delay;
  while (!is_stopping_ && clock_.Monotonic() < until) clock_.Wait(lock, wake_, until);
  return !is_stopping_;
}

void Storage::Replay() {
  if (!ReadLogAgain(log_.Committed(kConsumer))) return;
  NoteLost();
  lost_.EndAdding();
  held_by_blocks_.clear();
  replay_hold_.reset();
  {
    const std::scoped_lock lock(replay_mutex_);
    replay_fault_.clear();
  }
  // After the hold: who sees that it is ready may count on the checkpoint to follow the blocks.
  is_ready_ = true;
  counters_->ready.Set(1);
  base::Log(
      base::LogLevel::kInfo, "the log has been replayed",
      {{"spans", std::to_string(static_cast<std::uint64_t>(counters_->replayed_spans.Value()))}});
}

std::vector<std::string> Storage::LeftOut(const TenantId& tenant,
                                          std::uint64_t* unnamed_count) const {
  std::vector<std::string> texts = keeper_.LeftOut(tenant, unnamed_count);
  lost_.AddTexts(tenant, texts, unnamed_count);
  const std::scoped_lock lock(replay_mutex_);
  if (!replay_fault_.empty()) texts.push_back(replay_fault_);
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

Status Storage::Maintain() {
  const std::scoped_lock lock(maintenance_mutex_);
  Status status = sealing_.Seal(TenantsWithHead());
  Checkpoint();
  RetryBlocks();
  directories_.Fit();
  ApplyRetention();
  ForgetIdleTenants();
  return status;
}

// Looks at every block: when there are very many, more rarely.
void Storage::ApplyRetention() {
  constexpr int kRestPerWork = 50;
  const Nanos begun = clock_.Monotonic();
  if (begun >= retention_due_at_) {
    keeper_.ApplyRetention(KeptBlocks());
    const Nanos ended = clock_.Monotonic();
    retention_due_at_ = ended + kRestPerWork * (ended - begun);
  }
  keeper_.DeleteCondemned();
}

Status Storage::Flush() {
  const std::scoped_lock lock(maintenance_mutex_);
  if (is_stopped_) return base::Unavailable("the store is stopped");
  Status status = sealing_.SealAll(TenantsWithHead());
  Checkpoint();
  return status;
}

void Storage::Checkpoint() {
  // Before the log forgets what they hold: from then on nothing else tells that one is gone. But
  // that they could not be noted, which is told and tried again, does not hold up the log. They are
  // durable, and the next start notes those that it finds: what goes unnoticed is one that somebody
  // removes before that. A log that waited would grow until it refuses spans; and it is the log
  // that makes room when the inventory cannot be written since the disk is full.
  keeper_.NoteBlocks(std::exchange(written_blocks_, {}));
  // The end first: what is appended later takes its hold behind it.
  const log::Position end = log_.end();
  const log::Position safe = holds_.Watermark(end);
  if (safe <= log_.Committed(kConsumer)) return;
  const Status status = log_.Commit(kConsumer, safe);
  if (status.has_value()) return failed_checkpoints_.End();
  counters_->failed_maintenance.Increment();
  failed_checkpoints_.Add(status.error(), clock_.Monotonic());
}

std::vector<BlockKeeper::Kept> Storage::KeptBlocks() const {
  std::vector<BlockKeeper::Kept> blocks;
  for (const TenantStorePtr& tenant : Tenants()) {
    for (const BlockPtr& block : tenant->blocks()) blocks.push_back({tenant, block});
  }
  return blocks;
}

TenantFacts Storage::facts() const {
  TenantFacts sum;
  for (const TenantStorePtr& tenant : Tenants()) sum += tenant->facts();
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
  counters_->lost_log_bytes.Set(static_cast<double>(lost_.byte_size()));
  counters_->tenants_limit.Set(static_cast<double>(options_.tenants_max));
  const std::scoped_lock lock(tenants_mutex_);
  counters_->tenants.Set(static_cast<double>(tenants_.size()));
}

void Storage::ReportUnreadable(std::string_view block, const Error& error) {
  counters_->unreadable.Increment();
  keeper_.damaged().Add(block, error);
}

}  // namespace clew::storage
