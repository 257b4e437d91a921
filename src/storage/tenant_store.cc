#include "storage/tenant_store.h"

#include <utility>

namespace clew::storage {
namespace {

// The ranges matter to the next replay only, and there may be one for each record. The last tells
// how far they reach.
BlockPtr WithoutRanges(const BlockPtr& block) {
  auto lean = std::make_shared<Block>(*block);
  decltype(lean->meta.log_ranges) last;  // to shrink the other would keep the memory
  if (!lean->meta.log_ranges.empty()) last.push_back(lean->meta.log_ranges.back());
  lean->meta.log_ranges = std::move(last);
  return lean;
}

}  // namespace

TenantFacts& TenantFacts::operator+=(const TenantFacts& other) {
  fresh_batch_count += other.fresh_batch_count;
  fresh_span_count += other.fresh_span_count;
  fresh_bytes += other.fresh_bytes;
  sealed_span_count += other.sealed_span_count;
  sealed_bytes += other.sealed_bytes;
  block_count += other.block_count;
  block_span_count += other.block_span_count;
  block_bytes += other.block_bytes;
  return *this;
}

TenantStore::TenantStore(TenantId tenant, const Surroundings& surroundings)
    : tenant_(std::move(tenant)),
      with_(surroundings),
      head_({with_.options, with_.reading.cache, with_.clock, with_.head_bytes}),
      operations_(with_.directory_memory),
      traces_(with_.trace_index_directory.empty()
                  ? std::string()
                  : with_.trace_index_directory + '/' + tenant_.name(),
              {with_.reading, with_.clock, with_.random}) {}

void TenantStore::AddBlock(const BlockPtr& block) {
  const std::scoped_lock lock(mutex_);
  blocks_.push_back(WithoutRanges(block));
}

std::vector<scan::SpanSourcePtr> TenantStore::Sources() const {
  const std::scoped_lock lock(mutex_);
  std::vector<scan::SpanSourcePtr> sources;
  head_.AddSources(sources);
  for (const BlockPtr& block : blocks_) {
    sources.insert(sources.end(), block->sources.begin(), block->sources.end());
  }
  return sources;
}

std::vector<scan::SpanSourcePtr> TenantStore::SourcesOf(std::span<const TraceId> ids) const {
  std::vector<scan::SpanSourcePtr> sources;
  for (const BlockPtr& block : traces_.Select(HeadAndBlocks(sources), ids)) {
    sources.insert(sources.end(), block->sources.begin(), block->sources.end());
  }
  return sources;
}

Names TenantStore::OperationNames() const {
  Names names;
  const std::vector<BlockPtr> blocks = HeadAndBlocks(names.others);
  MergedOperations::Found found = operations_.Of(blocks);
  names.merged = std::move(found.operations);
  for (const BlockPtr& block : found.others) {
    names.others.insert(names.others.end(), block->sources.begin(), block->sources.end());
  }
  return names;
}

std::vector<BlockPtr> TenantStore::HeadAndBlocks(std::vector<scan::SpanSourcePtr>& head) const {
  const std::scoped_lock lock(mutex_);
  head_.AddSources(head);
  return blocks_;
}

TenantFacts TenantStore::facts() const {
  const std::scoped_lock lock(mutex_);
  TenantFacts facts;
  static_cast<HeadFacts&>(facts) = head_.facts();
  facts.block_count = blocks_.size();
  for (const BlockPtr& block : blocks_) {
    facts.block_span_count += block->meta.span_count;
    facts.block_bytes += block->byte_size;
  }
  return facts;
}

std::vector<BlockPtr> TenantStore::blocks() const {
  const std::scoped_lock lock(mutex_);
  return blocks_;
}

Status TenantStore::Maintain(Extent extent) {
  head_.JoinSmallBatches();
  if (extent == Extent::kWhatIsDue && BlockDueSince()) extent = Extent::kAll;
  // What comes meanwhile waits for the next time: under load it would go on, a few spans at once.
  std::size_t due_count = head_.fresh_batch_count();
  while (const std::size_t sealed_count = head_.SealRowGroup(due_count, extent == Extent::kAll)) {
    due_count -= sealed_count;
    TRY(CutBlock(Extent::kWhatIsFull));
  }
  return CutBlock(extent);
}

std::optional<Nanos> TenantStore::BlockDueSince() const {
  const std::optional<Nanos> oldest = head_.oldest_added_at();
  if (!oldest || with_.clock.Monotonic() - *oldest < with_.options.block_age_max) return {};
  return oldest;
}

Status TenantStore::CutBlock(Extent extent) {
  const Head::Sealed sealed = head_.sealed();
  const bool is_full = sealed.span_count >= with_.options.block_span_count ||
                       sealed.byte_size >= with_.options.block_bytes;
  if (sealed.groups.empty() || (!is_full && extent != Extent::kAll)) return {};
  ASSIGN_OR_RETURN(BlockPtr block, WriteAndOpenBlock(sealed));
  with_.written_blocks.push_back(block);
  const std::scoped_lock lock(mutex_);
  head_.Drop(sealed);
  blocks_.push_back(std::move(block));
  return {};
}

Result<BlockPtr> TenantStore::WriteAndOpenBlock(const Head::Sealed& sealed) const {
  BlockMeta meta;
  meta.tenant = tenant_;
  meta.created_at = with_.clock.Now();
  meta.log_ranges = sealed.log_ranges;
  meta.log_identity = with_.log_identity;
  if (!meta.log_ranges.empty()) TRY(with_.before_block(meta.log_ranges.back().end));
  const std::string name = BlockName(tenant_, meta.created_at, with_.random.Next());
  const auto write_and_open = [&]() -> Result<BlockPtr> {
    TRY(WriteBlock(with_.reading.objects, name, std::move(meta), sealed.groups));
    ASSIGN_OR_RETURN(BlockPtr written, OpenBlock(with_.reading, name));
    if (written->is_damaged) return DataLoss("block {} is not as it was written", name);
    return written;
  };
  const Result<BlockPtr> block = write_and_open();
  if (block.has_value()) return WithoutRanges(*block);
  // The next try writes another one: what of this one is there must not stay beside it.
  if (block.error().code != Code::kAlreadyExists)
    static_cast<void>(with_.reading.objects.Delete(name));
  return block;
}

void TenantStore::IndexTraces(const std::function<bool()>& is_stopping) {
  traces_.Maintain(blocks(), is_stopping);
}

void TenantStore::RemoveBlock(const BlockPtr& block) {
  const std::scoped_lock lock(mutex_);
  std::erase(blocks_, block);
}

bool TenantStore::is_empty() const {
  const std::scoped_lock lock(mutex_);
  return head_.is_empty() && blocks_.empty();
}

}  // namespace clew::storage
