#include "storage/format/block.h"

#include <algorithm>
#include <utility>

#include "base/logging.h"
#include "storage/format/block_source.h"
#include "storage/format/filter_reader.h"

namespace clew::storage {
namespace {

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
  CountSkipped(meters, sources.size());
  return false;
}

void Block::CountSkipped(const FilterMeters* meters, std::size_t row_group_count) {
  if (meters != nullptr) meters->skipped_by_trace.Increment(static_cast<double>(row_group_count));
}

}  // namespace clew::storage
