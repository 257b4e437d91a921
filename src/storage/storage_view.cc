#include <string>
#include <vector>

#include "storage/storage.h"
#include "storage/storage_counters.h"

/// What a store shows: to queries, and of itself.
namespace clew::storage {

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
  writer_->AddLeftOut(tenant, texts, unnamed_count);
  return texts;
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
  counters_->waiting_blocks.Set(static_cast<double>(now.waiting_block_count));
  counters_->waiting_bytes.Set(static_cast<double>(now.waiting_bytes));
  counters_->spilled_blocks.Set(static_cast<double>(now.spilled_block_count));
  counters_->spilled_spans.Set(static_cast<double>(now.spilled_span_count));
  counters_->spilled_bytes.Set(static_cast<double>(now.spilled_bytes));
  counters_->lost_waiting_blocks.Set(static_cast<double>(writer_->lost_count()));
  counters_->waiting_disk_bytes.Set(static_cast<double>(writer_->disk_bytes()));
  counters_->blocks.Set(static_cast<double>(now.block_count));
  counters_->block_spans.Set(static_cast<double>(now.block_span_count));
  counters_->block_bytes.Set(static_cast<double>(now.block_bytes));
  counters_->lost_log_bytes.Set(static_cast<double>(replay_.lost_bytes()));
  counters_->tenants_limit.Set(static_cast<double>(options_.tenants_max));
  counters_->tenants.Set(static_cast<double>(tenants_.count()));
}

void Storage::ReportUnreadable(std::string_view block, const Error& error) {
  counters_->unreadable.Increment();
  if (!writer_->ReportUnreadable(block, error)) keeper_.damaged().Add(block, error);
}

}  // namespace clew::storage
