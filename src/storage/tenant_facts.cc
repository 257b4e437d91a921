#include <optional>

#include "storage/tenant_store.h"

/// How much a tenant has where.
namespace clew::storage {

TenantFacts& TenantFacts::operator+=(const TenantFacts& other) {
  fresh_batch_count += other.fresh_batch_count;
  fresh_span_count += other.fresh_span_count;
  fresh_bytes += other.fresh_bytes;
  sealed_span_count += other.sealed_span_count;
  sealed_bytes += other.sealed_bytes;
  waiting_block_count += other.waiting_block_count;
  waiting_bytes += other.waiting_bytes;
  spilled_block_count += other.spilled_block_count;
  spilled_span_count += other.spilled_span_count;
  spilled_bytes += other.spilled_bytes;
  block_count += other.block_count;
  block_span_count += other.block_span_count;
  block_bytes += other.block_bytes;
  return *this;
}

TenantFacts TenantStore::facts() const {
  TenantFacts facts;
  std::optional<Snapshot> now;
  static_cast<HeadFacts&>(facts) = head_.facts([&] { now.emplace(contents_->Take()); });
  for (const auto& part : now->waiting()) {
    const bool is_spilled = part->disk_bytes > 0;
    facts.sealed_span_count += is_spilled ? 0 : part->span_count;
    facts.sealed_bytes += part->memory_bytes;
    facts.waiting_block_count += is_spilled ? 0 : 1;
    facts.waiting_bytes += part->memory_bytes;
    facts.spilled_block_count += is_spilled ? 1 : 0;
    facts.spilled_span_count += is_spilled ? part->span_count : 0;
    facts.spilled_bytes += part->disk_bytes;
  }
  facts.block_count = now->blocks().size();
  for (const BlockPtr& block : now->blocks()) {
    facts.block_span_count += block->meta.span_count;
    facts.block_bytes += block->byte_size;
  }
  return facts;
}

}  // namespace clew::storage
