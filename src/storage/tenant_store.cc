#include "storage/tenant_store.h"

#include <algorithm>
#include <span>
#include <utility>

#include "model/concatenate.h"
#include "model/memory.h"
#include "storage/format/row_group_source.h"
#include "storage/log_ranges.h"

namespace clew::storage {
namespace {

// So many small batches are worth joining: a search pays for each source.
constexpr std::ptrdiff_t kSmallBatchCount = 64;
constexpr std::uint32_t kSmallBatchSpans = 4096;

// The ranges matter to the next replay only, and there may be one for each record.
BlockPtr WithoutRanges(const BlockPtr& block) {
  auto lean = std::make_shared<Block>(*block);
  lean->meta.log_ranges = decltype(lean->meta.log_ranges)();  // = {} would keep the memory
  return lean;
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
    : tenant_(std::move(tenant)), with_(surroundings) {}

void TenantStore::Add(model::SpanColumnsPtr columns, const RowGroupSize& size,
                      const log::Appended& where) {
  const std::uint64_t byte_size = MemoryOf(*columns);
  Fresh fresh{std::make_shared<const scan::BatchSource>(std::move(columns)),
              {{where.begin, where.end}},
              byte_size,
              size,
              with_.clock.Monotonic()};
  with_.head_bytes += byte_size;
  const std::scoped_lock lock(mutex_);
  fresh_.push_back(std::move(fresh));
}

void TenantStore::AddBlock(const BlockPtr& block) {
  const std::scoped_lock lock(mutex_);
  blocks_.push_back(WithoutRanges(block));
}

std::vector<scan::SpanSourcePtr> TenantStore::Sources() const {
  const std::scoped_lock lock(mutex_);
  std::vector<scan::SpanSourcePtr> sources;
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
    facts.sealed_bytes += sealed.byte_size;
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

std::uint64_t TenantStore::head_bytes() const {
  const std::scoped_lock lock(mutex_);
  return BytesOf(fresh_) + BytesOf(sealed_);
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
  while (JoinSmallBatches()) continue;
  if (extent == Extent::kWhatIsDue && BlockDueSince()) extent = Extent::kAll;
  // What comes meanwhile waits for the next time: under load it would go on, a few spans at once.
  std::size_t due_count = 0;
  {
    const std::scoped_lock lock(mutex_);
    due_count = fresh_.size();
  }
  while (const std::size_t sealed_count = SealOne(extent, due_count)) {
    due_count -= sealed_count;
    TRY(CutBlock(Extent::kWhatIsFull));
  }
  return CutBlock(extent);
}

bool TenantStore::Fits(const RowGroupSize& size) const {
  return CheckRowGroupSize(size, with_.options.row_group).has_value();
}

std::vector<TenantStore::Fresh> TenantStore::SmallBatches() const {
  const std::uint64_t span_count_max = with_.options.row_group_span_count;
  const std::uint64_t bytes_max = with_.options.row_group_bytes;
  // Two of them fit into a row group at least.
  const auto is_small = [&](const Fresh& fresh) {
    const std::uint64_t span_count = fresh.source->stats().span_count;
    return span_count < std::min<std::uint64_t>(kSmallBatchSpans, span_count_max / 2) &&
           fresh.byte_size < bytes_max / 2;
  };
  const std::scoped_lock lock(mutex_);
  if (std::ranges::count_if(fresh_, is_small) < kSmallBatchCount) return {};
  std::vector<Fresh> small;
  std::uint64_t span_count = 0;
  std::uint64_t byte_size = 0;
  RowGroupSize size;
  for (const Fresh& fresh : fresh_) {
    if (!is_small(fresh)) continue;
    span_count += fresh.source->stats().span_count;
    byte_size += fresh.byte_size;
    size += fresh.size;
    if (span_count > span_count_max || byte_size > bytes_max || !Fits(size)) break;
    small.push_back(fresh);
  }
  // Else the first would be joined with nothing, again and again.
  if (small.size() < 2) return {};
  return small;
}

bool TenantStore::JoinSmallBatches() {
  const std::vector<Fresh> small = SmallBatches();
  if (small.empty()) return false;
  std::vector<model::SpanColumnsPtr> parts;
  for (const Fresh& fresh : small) parts.push_back(fresh.source->columns());
  auto columns = std::make_shared<const model::SpanColumns>(model::ConcatenateSpans(parts));
  const std::uint64_t byte_size = MemoryOf(*columns);
  const RowGroupSize size = RowGroupSize::Of(*columns);
  Fresh joined{std::make_shared<const scan::BatchSource>(std::move(columns)), RangesOf(small),
               byte_size, size, small.front().added_at};
  const std::scoped_lock lock(mutex_);
  std::erase_if(fresh_, [&](const Fresh& fresh) {
    return std::ranges::any_of(small,
                               [&](const Fresh& part) { return part.source == fresh.source; });
  });
  with_.head_bytes += joined.byte_size - BytesOf(small);
  // First: it holds the oldest.
  fresh_.insert(fresh_.begin(), std::move(joined));
  return true;
}

std::size_t TenantStore::SealOne(Extent extent, std::size_t batch_count) {
  std::vector<Fresh> taken;
  std::uint64_t span_count = 0;
  std::uint64_t byte_size = 0;
  RowGroupSize size;
  bool has_room = true;
  const auto is_full = [&] {
    return !has_room || span_count >= with_.options.row_group_span_count ||
           byte_size >= with_.options.row_group_bytes;
  };
  {
    const std::scoped_lock lock(mutex_);
    for (const Fresh& fresh : std::span(fresh_).first(batch_count)) {
      size += fresh.size;
      has_room = taken.empty() || Fits(size);
      if (is_full()) break;
      taken.push_back(fresh);
      span_count += fresh.source->stats().span_count;
      byte_size += fresh.byte_size;
    }
  }
  if (taken.empty() || (!is_full() && extent != Extent::kAll)) return 0;
  std::vector<model::SpanColumnsPtr> batches;
  for (const Fresh& fresh : taken) batches.push_back(fresh.source->columns());
  Sealed sealed;
  sealed.group = std::make_shared<const RowGroup>(BuildRowGroup(batches, with_.options.row_group));
  sealed.source = std::make_shared<RowGroupSource>(
      std::shared_ptr<const RowGroupDirectory>(sealed.group, &sealed.group->directory),
      std::make_shared<MemoryPages>(sealed.group->pages), with_.reading.cache);
  sealed.ranges = RangesOf(taken);
  sealed.byte_size = sealed.group->pages.size() + MemoryOf(sealed.group->directory);
  sealed.added_at = std::ranges::min(taken, {}, &Fresh::added_at).added_at;
  const std::scoped_lock lock(mutex_);
  with_.head_bytes += sealed.byte_size - byte_size;
  // Only this thread takes from fresh_, and others only append.
  fresh_.erase(fresh_.begin(), fresh_.begin() + std::ssize(taken));
  sealed_.push_back(std::move(sealed));
  return taken.size();
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

std::optional<Nanos> TenantStore::BlockDueSince() const {
  const std::scoped_lock lock(mutex_);
  const std::optional<Nanos> oldest = OldestAddedAt();
  if (!oldest || with_.clock.Monotonic() - *oldest < with_.options.block_age_max) return {};
  return oldest;
}

Status TenantStore::CutBlock(Extent extent) {
  std::vector<Sealed> taken;
  std::uint64_t span_count = 0;
  {
    const std::scoped_lock lock(mutex_);
    taken = sealed_;
  }
  for (const Sealed& sealed : taken) span_count += sealed.source->stats().span_count;
  const std::uint64_t byte_size = BytesOf(taken);
  const bool is_full =
      span_count >= with_.options.block_span_count || byte_size >= with_.options.block_bytes;
  if (taken.empty() || (!is_full && extent != Extent::kAll)) return {};
  ASSIGN_OR_RETURN(BlockPtr block, WriteAndOpenBlock(taken));
  with_.written_blocks.push_back({block->name, block->byte_size});
  const std::scoped_lock lock(mutex_);
  with_.head_bytes -= byte_size;
  sealed_.erase(sealed_.begin(), sealed_.begin() + std::ssize(taken));
  blocks_.push_back(std::move(block));
  return {};
}

Result<BlockPtr> TenantStore::WriteAndOpenBlock(const std::vector<Sealed>& sealed) const {
  BlockMeta meta;
  meta.tenant = tenant_;
  meta.created_at = with_.clock.Now();
  meta.log_ranges = RangesOf(sealed);
  meta.log_identity = with_.log_identity;
  TRY(with_.before_block(meta.log_ranges.back().end));
  std::vector<std::shared_ptr<const RowGroup>> groups;
  for (const Sealed& part : sealed) groups.push_back(part.group);
  const std::string name = BlockName(tenant_, meta.created_at, with_.random.Next());
  const auto write_and_open = [&]() -> Result<BlockPtr> {
    TRY(WriteBlock(with_.reading.objects, name, std::move(meta), groups));
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

void TenantStore::RemoveBlock(const BlockPtr& block) {
  const std::scoped_lock lock(mutex_);
  std::erase(blocks_, block);
}

bool TenantStore::has_head() const {
  const std::scoped_lock lock(mutex_);
  return !fresh_.empty() || !sealed_.empty();
}

bool TenantStore::is_empty() const {
  const std::scoped_lock lock(mutex_);
  return fresh_.empty() && sealed_.empty() && blocks_.empty();
}

}  // namespace clew::storage
