#include "storage/storage.h"

#include <fmt/core.h>
#include <algorithm>
#include <span>
#include <utility>

#include "model/memory.h"
#include "storage/storage_counters.h"

namespace clew::storage {
namespace {

constexpr std::chrono::seconds kRetryAfter{1};

}  // namespace

Status Storage::CheckRoom() const {
  // What waits for the log comes into the head, however long the disk takes.
  const std::uint64_t bytes = head_bytes_ + waiting_bytes_ + admitted_bytes_;
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
    Wake(Waking::kForRoom);
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
    Wake(Waking::kForWork);
  }
}

// In this order, so that a crash at any point loses and doubles nothing:
// 1. Seal. Row groups are made while their batches still answer, and take their place in one step.
// 2. Hand over. Those of a full block go to the writer, and sealing goes on, however long that
//    takes: they answer, and hold their records in the log, until the block is there. What of them
//    the writer lays aside on disk is a copy of what the log has, and of no use after a crash.
// Of each block the writer does this, on any thread, and of several at once:
// 3. How far the log reached is noted (NoteReach): else a log that loses its end could give
//    positions again that the block covers.
// 4. The block is written and synced, and read back. The log still has its records: a crash here
//    leaves a block that a replay recognises by log identity, partition and positions.
// 5. Publish. What waits and the block change in one step that queries see as one. The delivery
//    tokens are let go of only then: no checkpoint passes what is in no block.
// And at the end of a round, of what was published by then:
// 6. The inventory names the block, so that it shows when it is gone.
// 7. Checkpoint. Only now may the log forget. A crash before it replays records that blocks hold,
//    which the replay leaves out. Blocks come in any order: the first token that is held says how
//    far it goes.
// Retention comes last: it looks at what is published and named, and a block that it takes is out
// of the answers before its object is deleted.
Status Storage::MaintainOnce(Writing writing) {
  const std::scoped_lock lock(maintenance_mutex_);
  const std::uint64_t returned_before = writer_->returned_count();
  sealer_.Seal(tenants_.WithHead());
  writer_->BeginRound(IsRetryDue(writing));
  Status status;
  if (options_.workers == nullptr || writing == Writing::kIsWaitedFor) {
    status = writer_->WriteAll(returned_before);
  } else {
    writer_->WriteUnposted();
  }
  writer_->SpillExcess();
  if (Status failed = writer_->EndRound(); !failed.has_value()) status = std::move(failed);
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

// A few blocks are written one after the other: what the log has by now is noted for all of them.
Status Storage::NoteReach(log::Position end) {
  const std::scoped_lock lock(reach_mutex_);
  if (end <= reach_.Of(log_.identity())) return {};
  Status raised = reach_.Raise(log_.identity(), log_.end());
  if (raised.has_value()) return {};
  return std::unexpected(std::move(raised).error().Annotate(
      "noting how far blocks hold the log, which comes before each of them"));
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
  // The end first: what is appended later has its token behind it.
  const log::Position end = log_.end();
  const log::Position safe = tracker_.Watermark(end);
  // And blocks behind both: whose records are let go of by then are among them.
  NoteWrittenBlocks();
  if (safe <= log_.Committed(kStorageConsumer)) return;
  const Status status = log_.Commit(kStorageConsumer, safe);
  if (status.has_value()) return failed_checkpoints_.End();
  counters_->failed_maintenance.Increment();
  failed_checkpoints_.Add(status.error(), clock_.Monotonic());
}

}  // namespace clew::storage
