#include "storage/format/block.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <ctime>
#include <utility>

#include "base/hash.h"
#include "base/logging.h"
#include "storage/format/block_source.h"
#include "storage/format/filter_reader.h"
#include "storage/format/replaced_names.h"

namespace clew::storage {
namespace {

// Pages of one row group inside a block's object. Those that were read and checked stay in the
// cache: the traces of one answer mostly lie in the same row groups.
class BlockPages final : public PageReader {
 public:
  BlockPages(ObjectStore& store, std::string name, std::uint64_t offset, ScanCache& cache,
             std::uint64_t source_id)
      : store_(store),
        name_(std::move(name)),
        offset_(offset),
        cache_(cache),
        source_id_(source_id) {}

  Result<Bytes> Read(const PageRef& page) const override {
    const std::string what = "page " + std::to_string(page.offset);
    ASSIGN_OR_RETURN(const auto bytes,
                     cache_.Get<Bytes>(source_id_, what, [&] { return Load(page); }));
    return *bytes;
  }
  Result<std::vector<Bytes>> ReadTogether(std::span<const PageRef> pages) const override {
    // A gap as long as this costs less than another read.
    constexpr std::uint64_t kGapMax = 4096;
    std::vector<ByteRange> ranges;
    std::vector<std::size_t> range_of(pages.size());
    for (std::size_t i = 0; i < pages.size(); ++i) {
      const std::uint64_t begin = offset_ + pages[i].offset;
      const std::uint64_t end = begin + pages[i].length;
      const bool is_near = !ranges.empty() && begin >= EndOf(ranges.back()) &&
                           begin - EndOf(ranges.back()) <= kGapMax;
      if (is_near) {
        ranges.back().length = end - ranges.back().offset;
      } else {
        ranges.push_back({begin, pages[i].length});
      }
      range_of[i] = ranges.size() - 1;
    }
    Result<std::vector<Bytes>> read = store_.GetRanges(name_, ranges);
    if (!read.has_value()) return std::unexpected(LossOf(std::move(read).error()));
    std::vector<Bytes> found;
    found.reserve(pages.size());
    for (std::size_t i = 0; i < pages.size(); ++i) {
      const Bytes& range = (*read)[range_of[i]];
      const std::uint64_t in_range = offset_ + pages[i].offset - ranges[range_of[i]].offset;
      found.push_back(range.Share(range.view().substr(in_range, pages[i].length)));
      TRY(Check(pages[i], found.back()));
    }
    return found;
  }
  std::string name() const override { return "block " + name_; }

 private:
  static std::uint64_t EndOf(const ByteRange& range) { return range.offset + range.length; }

  Status Check(const PageRef& page, const Bytes& bytes) const {
    if (base::Hash64(bytes.view()) == page.checksum) return {};
    return DataLoss("checksum of the page at offset {} does not match", offset_ + page.offset);
  }

  Result<ScanCache::Loaded<Bytes>> Load(const PageRef& page) const {
    const std::uint64_t offset = offset_ + page.offset;
    Result<std::vector<Bytes>> read = store_.GetRanges(name_, {{offset, page.length}});
    if (!read.has_value()) return std::unexpected(LossOf(std::move(read).error()));
    std::vector<Bytes>& found = *read;
    TRY(Check(page, found.front()));
    return ScanCache::Loaded<Bytes>{std::make_shared<const Bytes>(std::move(found.front())),
                                    page.length + sizeof(Bytes)};
  }

  // An open block is not deleted: when it is not there, or not as long as it was, it is damaged.
  Error LossOf(Error error) const {
    if (error.code == Code::kNotFound || error.code == Code::kOutOfRange) {
      error.code = Code::kDataLoss;
    }
    return std::move(error).Annotate("block " + name_);
  }

  ObjectStore& store_;
  const std::string name_;
  const std::uint64_t offset_;
  ScanCache& cache_;
  const std::uint64_t source_id_;
};

BlockPtr MakeBlock(const BlockReading& reading, const std::string& name, BlockFacts facts,
                   bool is_damaged) {
  auto block = std::make_shared<Block>();
  static_cast<BlockFacts&>(*block) = std::move(facts);
  block->name = name;
  block->is_damaged = is_damaged;
  block->filters = std::make_shared<const FilterReader>(reading, name, block->outline);
  block->use = std::make_shared<BlockUse>();
  block->sources = MakeBlockSources(reading, name, block->outline, block->filters, block->use);
  return block;
}

}  // namespace

std::string BlockName(const TenantId& tenant, UnixNanos created_at, std::uint64_t random) {
  const auto seconds = static_cast<std::time_t>(created_at / 1'000'000'000);
  return fmt::format("{}{}/{:%Y%m%d}/{:016x}-{:016x}.block", kBlockPrefix, tenant.name(),
                     fmt::gmtime(seconds), static_cast<std::uint64_t>(created_at), random);
}

std::optional<UnixNanos> CreatedAtOf(std::string_view name) {
  constexpr std::size_t kDigits = 16;
  constexpr std::string_view kEnd = ".block";
  if (!name.starts_with(kBlockPrefix) || !name.ends_with(kEnd)) return {};
  name = name.substr(name.rfind('/') + 1);
  if (name.size() != 2 * kDigits + 1 + kEnd.size() || name[kDigits] != '-') return {};
  std::uint64_t created_at = 0;
  const auto [end, error] = std::from_chars(name.data(), name.data() + kDigits, created_at, 16);
  if (error != std::errc() || end != name.data() + kDigits) return {};
  return static_cast<UnixNanos>(created_at);
}

ObjectInfo ByItsName(ObjectInfo listed) {
  std::string_view name = listed.name;
  if (name.ends_with('/')) name.remove_suffix(1);
  if (CreatedAtOf(name).has_value()) listed.name.resize(name.size());
  return listed;
}

std::vector<std::string_view> BlockObject::parts() const {
  std::vector<std::string_view> parts = {frame.front};
  for (const auto& group : row_groups) parts.push_back(group->pages.view());
  parts.push_back(filters);
  parts.push_back(frame.end);
  return parts;
}

BlockObject MakeBlockObject(BlockMeta meta,
                            const std::vector<std::shared_ptr<const RowGroup>>& row_groups) {
  meta.start_min = row_groups.front()->directory.stats.start_min;
  meta.start_max = row_groups.front()->directory.stats.start_max;
  for (const auto& group : row_groups) {
    meta.span_count += group->directory.stats.span_count;
    meta.start_min = std::min(meta.start_min, group->directory.stats.start_min);
    meta.start_max = std::max(meta.start_max, group->directory.stats.start_max);
  }
  BlockFilters filters = MakeBlockFilters(row_groups);
  return {MakeBlockFrame(meta, row_groups, filters.refs), std::move(filters.bytes), row_groups};
}

Status WriteBlock(ObjectStore& store, const std::string& name, BlockMeta meta,
                  const std::vector<std::shared_ptr<const RowGroup>>& row_groups) {
  for (const std::string& replaced : meta.replaces) {
    if (MayReplace(meta, replaced)) continue;
    return base::InvalidArgument("block {} cannot replace {}: it is not an older one of its tenant",
                                 name, replaced);
  }
  return store.PutIfAbsent(name, MakeBlockObject(std::move(meta), row_groups).parts());
}

std::shared_ptr<const PageReader> MakeBlockPages(ObjectStore& store, const std::string& name,
                                                 std::uint64_t offset, ScanCache& cache,
                                                 std::uint64_t source_id) {
  return std::make_shared<BlockPages>(store, name, offset, cache, source_id);
}

Result<BlockPtr> OpenBlock(const BlockReading& reading, const std::string& name) {
  ASSIGN_OR_RETURN(BlockLayout layout, ReadBlockLayout(reading.objects, name));
  if (!layout.end_damage.empty()) {
    base::Log(base::LogLevel::kError,
              "the footer of a block is damaged; its copy in front of the pages serves",
              {{"block", name}, {"error", layout.end_damage}});
  }
  BlockFacts facts;
  facts.byte_size = layout.byte_size;
  facts.version = layout.version;
  facts.outline = std::make_shared<const BlockOutline>(OutlineOf(layout));
  facts.meta = std::move(layout.meta);
  return MakeBlock(reading, name, std::move(facts), !layout.end_damage.empty());
}

BlockPtr MakeKnownBlock(const BlockReading& reading, const std::string& name, BlockFacts facts) {
  return MakeBlock(reading, name, std::move(facts), false);
}

BlockPtr WithoutRanges(const BlockPtr& block) {
  if (block->meta.log_ranges.size() <= 1) return block;
  auto lean = std::make_shared<Block>(*block);
  decltype(lean->meta.log_ranges) last;  // to shrink the other would keep the memory
  last.push_back(lean->meta.log_ranges.back());
  lean->meta.log_ranges = std::move(last);
  return lean;
}

bool Block::MayHold(const FilterMeters* meters, std::span<const TraceId> ids) const {
  if (!filters->MayHold(ids).empty()) return true;
  CountSkipped(meters);
  return false;
}

void Block::CountSkipped(const FilterMeters* meters) const {
  if (meters != nullptr) meters->skipped_by_trace.Increment(static_cast<double>(sources.size()));
}

}  // namespace clew::storage
