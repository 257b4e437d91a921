#include "storage/tenant_store.h"

#include <utility>

#include "base/worker_pool.h"

namespace clew::storage {
namespace {

void AddSources(std::span<const BlockPtr> blocks, std::vector<scan::SpanSourcePtr>& sources) {
  for (const BlockPtr& block : blocks) {
    sources.insert(sources.end(), block->sources.begin(), block->sources.end());
  }
}

}  // namespace

BlockPtr WithoutRanges(const BlockPtr& block) {
  auto lean = std::make_shared<Block>(*block);
  decltype(lean->meta.log_ranges) last;  // to shrink the other would keep the memory
  if (!lean->meta.log_ranges.empty()) last.push_back(lean->meta.log_ranges.back());
  lean->meta.log_ranges = std::move(last);
  return lean;
}

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
      head_({with_.options, with_.reading.cache, with_.clock, with_.head_bytes, contents_,
             with_.workers}),
      operations_(with_.directory_memory),
      tags_(with_.directory_memory),
      traces_(with_.trace_index_directory.empty()
                  ? std::string()
                  : with_.trace_index_directory + '/' + tenant_.name(),
              {with_.reading, with_.clock, with_.random}) {}

void TenantStore::AddBlocks(std::span<const BlockPtr> blocks) {
  contents_.ExchangeWithBlocks({}, [blocks](std::vector<BlockPtr>& all) {
    all.insert(all.end(), blocks.begin(), blocks.end());
  });
}

std::vector<scan::SpanSourcePtr> TenantStore::Sources() const {
  const Snapshot now = contents_.Take();
  std::vector<scan::SpanSourcePtr> sources;
  now.AddHead(sources);
  AddSources(now.blocks(), sources);
  return sources;
}

Result<std::vector<scan::SpanSourcePtr>> TenantStore::SourcesOf(
    std::span<const TraceId> ids, const scan::StopCheck& check) const {
  const Snapshot now = contents_.Take();
  std::vector<scan::SpanSourcePtr> sources;
  now.AddHead(sources);
  ASSIGN_OR_RETURN(const auto selected, traces_.Select(now.blocks(), ids, check));
  AddSources(selected, sources);
  return sources;
}

Result<Names> TenantStore::OperationNames(const scan::StopCheck& check) const {
  const Snapshot now = contents_.Take();
  Names names;
  now.AddHead(names.others);
  ASSIGN_OR_RETURN(MergedOperations::Found found, operations_.Of(now.blocks(), check));
  names.merged = std::move(found.names);
  AddSources(found.others, names.others);
  return names;
}

Result<TagNames> TenantStore::Tags(const TimeRange& range, const scan::StopCheck& check) const {
  const Snapshot now = contents_.Take();
  TagNames tags;
  now.AddHead(tags.others);
  ASSIGN_OR_RETURN(MergedTags::Found found, tags_.Names(now.blocks(), range, check));
  tags.merged = std::move(found.names);
  AddSources(found.others, tags.others);
  return tags;
}

Result<std::vector<scan::SpanSourcePtr>> TenantStore::TagValues(
    const TimeRange& range, const TagQuestion& question, const TagValueVisitor& visit,
    const scan::StopCheck& check) const {
  const Snapshot now = contents_.Take();
  std::vector<scan::SpanSourcePtr> sources;
  now.AddHead(sources);
  ASSIGN_OR_RETURN(const auto others, VisitTagValues(now.blocks(), range, question, visit, check));
  AddSources(others, sources);
  return sources;
}

TenantFacts TenantStore::facts() const {
  TenantFacts facts;
  static_cast<HeadFacts&>(facts) = head_.facts();
  const Snapshot now = contents_.Take();
  facts.block_count = now.blocks().size();
  for (const BlockPtr& block : now.blocks()) {
    facts.block_span_count += block->meta.span_count;
    facts.block_bytes += block->byte_size;
  }
  return facts;
}

Result<std::size_t> TenantStore::Maintain(Extent extent) {
  head_.JoinSmallBatches();
  if (extent == Extent::kWhatIsDue && BlockDueSince()) extent = Extent::kAll;
  std::size_t block_count = 0;
  // What comes meanwhile waits for the next time: under load it would go on, a few spans at once.
  std::size_t due_count = head_.fresh_batch_count();
  while (const std::size_t sealed_count =
             head_.SealRowGroups(due_count, extent == Extent::kAll, GroupsUntilBlockIsFull())) {
    due_count -= sealed_count;
    ASSIGN_OR_RETURN(const std::size_t cut_count, CutBlock(Extent::kWhatIsFull));
    block_count += cut_count;
  }
  ASSIGN_OR_RETURN(const std::size_t cut_count, CutBlock(extent));
  return block_count + cut_count;
}

// All that are sealed go into one block.
std::size_t TenantStore::GroupsUntilBlockIsFull() const {
  const std::uint64_t sealed = head_.facts().sealed_span_count;
  const std::uint64_t full = with_.options.block_span_count;
  const std::uint64_t group = with_.options.row_group_span_count;
  return sealed >= full ? 1 : static_cast<std::size_t>((full - sealed + group - 1) / group);
}

std::optional<Nanos> TenantStore::BlockDueSince() const {
  const std::optional<Nanos> oldest = head_.oldest_added_at();
  if (!oldest || with_.clock.Monotonic() - *oldest < with_.options.block_age_max) return {};
  return oldest;
}

Result<std::size_t> TenantStore::CutBlock(Extent extent) {
  const Head::Sealed sealed = head_.sealed();
  const bool is_full = sealed.span_count >= with_.options.block_span_count ||
                       sealed.byte_size >= with_.options.block_bytes;
  if (sealed.groups.empty() || (!is_full && extent != Extent::kAll)) return 0;
  ASSIGN_OR_RETURN(const BlockPtr block, WriteAndOpenBlock(sealed));
  with_.on_block(block);
  head_.Drop(sealed, block);
  return 1;
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
  const Result<BlockPtr> block = [&] {
    const base::WorkerPool::BlockingScope waiting;  // for the disk
    return write_and_open();
  }();
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
  contents_.ExchangeWithBlocks({},
                               [&block](std::vector<BlockPtr>& all) { std::erase(all, block); });
}

bool TenantStore::is_empty() const { return head_.is_empty() && contents_.Take().blocks().empty(); }

}  // namespace clew::storage
