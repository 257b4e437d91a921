#include "storage/tenant_store.h"

#include <algorithm>
#include <utility>

#include "model/concatenate.h"
#include "storage/log_ranges.h"
#include "storage/row_group_source.h"

namespace clew::storage {
namespace {

// So many small batches are worth joining: a search pays for each source.
constexpr std::size_t kSmallBatchCount = 64;
constexpr std::uint32_t kSmallBatchSpans = 4096;

std::uint64_t MemoryOf(const model::SpanColumns& columns) {
  // Fixed fields of a span, of an event or link.
  std::uint64_t size =
      columns.span_count() * 170 + columns.events.count() * 32 + columns.links.count() * 56;
  for (const Bytes& bytes : columns.memory) size += bytes.size() + sizeof(Bytes);
  for (const model::AttributeColumn& column : columns.attributes) {
    size += sizeof(column) + column.rows.capacity() * 4 + column.strings.capacity() * 16 +
            column.numbers.capacity() * 8;
  }
  return size;
}

template <typename Part>
std::uint64_t BytesOf(const std::vector<Part>& parts) {
  std::uint64_t size = 0;
  for (const Part& part : parts) size += part.byte_size;
  return size;
}

template <typename Part>
std::vector<LogRange> RangesOf(const std::vector<Part>& parts) {
  std::vector<LogRange> ranges;
  for (const Part& part : parts) {
    ranges.insert(ranges.end(), part.ranges.begin(), part.ranges.end());
  }
  return JoinRanges(std::move(ranges));
}

}  // namespace

TenantStore::TenantStore(TenantId tenant, const Surroundings& surroundings)
    : tenant_(std::move(tenant)), with_(surroundings) {}

void TenantStore::Add(model::SpanColumnsPtr columns, const log::Appended& where) {
  const std::uint64_t byte_size = MemoryOf(*columns);
  Fresh fresh{std::make_shared<const BatchSource>(std::move(columns)),
              {{where.begin, where.end}},
              byte_size,
              with_.clock.Monotonic()};
  with_.fresh_bytes += byte_size;
  const std::scoped_lock lock(mutex_);
  fresh_.push_back(std::move(fresh));
}

void TenantStore::AddBlock(BlockPtr block) {
  const std::scoped_lock lock(mutex_);
  blocks_.push_back(std::move(block));
}

std::vector<SpanSourcePtr> TenantStore::Sources() const {
  const std::scoped_lock lock(mutex_);
  std::vector<SpanSourcePtr> sources;
  for (const Fresh& fresh : fresh_) sources.push_back(fresh.source);
  for (const Sealed& sealed : sealed_) sources.push_back(sealed.source);
  for (const BlockPtr& block : blocks_) {
    sources.insert(sources.end(), block->sources.begin(), block->sources.end());
  }
  return sources;
}

TenantFacts TenantStore::facts() const {
  const std::scoped_lock lock(mutex_);
  TenantFacts facts;
  facts.fresh_batch_count = fresh_.size();
  for (const Fresh& fresh : fresh_) {
    facts.fresh_span_count += fresh.source->stats().span_count;
    facts.fresh_bytes += fresh.byte_size;
  }
  for (const Sealed& sealed : sealed_) {
    facts.sealed_span_count += sealed.source->stats().span_count;
    facts.sealed_bytes += sealed.group->pages.size();
  }
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

std::optional<log::Position> TenantStore::FirstUnsafe() const {
  const std::scoped_lock lock(mutex_);
  std::optional<log::Position> first;
  const auto consider = [&](const std::vector<LogRange>& ranges) {
    if (!ranges.empty() && (!first || ranges.front().begin < *first)) first = ranges.front().begin;
  };
  for (const Fresh& fresh : fresh_) consider(fresh.ranges);
  for (const Sealed& sealed : sealed_) consider(sealed.ranges);
  return first;
}

Status TenantStore::Maintain(Extent extent) {
  JoinSmallBatches();
  if (IsBlockDue()) extent = Extent::kAll;
  while (SealOne(extent)) {
    TRY(CutBlock(Extent::kWhatIsDue));
  }
  return CutBlock(extent);
}

void TenantStore::JoinSmallBatches() {
  std::vector<Fresh> small;
  {
    const std::scoped_lock lock(mutex_);
    for (const Fresh& fresh : fresh_) {
      if (fresh.source->stats().span_count < kSmallBatchSpans) small.push_back(fresh);
    }
  }
  if (small.size() < kSmallBatchCount) return;
  std::vector<model::SpanColumnsPtr> parts;
  for (const Fresh& fresh : small) parts.push_back(fresh.source->columns());
  auto columns = std::make_shared<const model::SpanColumns>(model::ConcatenateSpans(parts));
  const std::uint64_t byte_size = MemoryOf(*columns);
  Fresh joined{std::make_shared<const BatchSource>(std::move(columns)), RangesOf(small), byte_size,
               small.front().added_at};
  const std::scoped_lock lock(mutex_);
  std::erase_if(fresh_, [&](const Fresh& fresh) {
    return std::ranges::any_of(small,
                               [&](const Fresh& part) { return part.source == fresh.source; });
  });
  with_.fresh_bytes += joined.byte_size - BytesOf(small);
  // First: it holds the oldest.
  fresh_.insert(fresh_.begin(), std::move(joined));
}

bool TenantStore::SealOne(Extent extent) {
  std::vector<Fresh> taken;
  std::uint64_t span_count = 0;
  {
    const std::scoped_lock lock(mutex_);
    for (const Fresh& fresh : fresh_) {
      if (span_count >= with_.options.row_group_span_count) break;
      taken.push_back(fresh);
      span_count += fresh.source->stats().span_count;
    }
  }
  const bool is_full = span_count >= with_.options.row_group_span_count;
  if (taken.empty() || (!is_full && extent == Extent::kWhatIsDue)) return false;
  std::vector<model::SpanColumnsPtr> batches;
  for (const Fresh& fresh : taken) batches.push_back(fresh.source->columns());
  Sealed sealed;
  sealed.group = std::make_shared<const RowGroup>(BuildRowGroup(batches, with_.options.row_group));
  sealed.source = std::make_shared<RowGroupSource>(
      std::shared_ptr<const RowGroupDirectory>(sealed.group, &sealed.group->directory),
      std::make_shared<MemoryPages>(sealed.group->pages), with_.cache);
  sealed.ranges = RangesOf(taken);
  sealed.added_at = std::ranges::min(taken, {}, &Fresh::added_at).added_at;
  const std::scoped_lock lock(mutex_);
  with_.fresh_bytes -= BytesOf(taken);
  // Only this thread takes from fresh_, and others only append.
  fresh_.erase(fresh_.begin(), fresh_.begin() + std::ssize(taken));
  sealed_.push_back(std::move(sealed));
  return true;
}

std::optional<Nanos> TenantStore::OldestAddedAt() const {
  std::optional<Nanos> oldest;
  for (const Fresh& fresh : fresh_)
    oldest = std::min(oldest.value_or(fresh.added_at), fresh.added_at);
  for (const Sealed& sealed : sealed_) {
    oldest = std::min(oldest.value_or(sealed.added_at), sealed.added_at);
  }
  return oldest;
}

bool TenantStore::IsBlockDue() const {
  const std::scoped_lock lock(mutex_);
  const std::optional<Nanos> oldest = OldestAddedAt();
  return oldest && with_.clock.Monotonic() - *oldest >= with_.options.block_age_max;
}

Status TenantStore::CutBlock(Extent extent) {
  std::vector<Sealed> taken;
  std::uint64_t span_count = 0;
  {
    const std::scoped_lock lock(mutex_);
    taken = sealed_;
  }
  for (const Sealed& sealed : taken) span_count += sealed.source->stats().span_count;
  const bool is_full = span_count >= with_.options.block_span_count;
  if (taken.empty() || (!is_full && extent == Extent::kWhatIsDue)) return {};
  BlockMeta meta;
  meta.tenant = tenant_;
  meta.created_at = with_.clock.Now();
  meta.log_ranges = RangesOf(taken);
  std::vector<std::shared_ptr<const RowGroup>> groups;
  for (const Sealed& sealed : taken) groups.push_back(sealed.group);
  const std::string name = BlockName(tenant_, meta.created_at, with_.random.Next());
  TRY(WriteBlock(with_.objects, name, std::move(meta), groups));
  ASSIGN_OR_RETURN(BlockPtr block, OpenBlock(with_.objects, name, with_.cache));
  const std::scoped_lock lock(mutex_);
  sealed_.erase(sealed_.begin(), sealed_.begin() + std::ssize(taken));
  blocks_.push_back(std::move(block));
  return {};
}

Status TenantStore::DeleteBlock(const BlockPtr& block) {
  {
    const std::scoped_lock lock(mutex_);
    std::erase(blocks_, block);
  }
  return with_.objects.Delete(block->name);
}

}  // namespace clew::storage
