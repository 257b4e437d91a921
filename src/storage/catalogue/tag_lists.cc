#include "storage/catalogue/tag_lists.h"

#include <map>
#include <optional>
#include <utility>

#include "storage/format/filter_reader.h"

namespace clew::storage {
namespace {

/// Of a list that is not merged already. What has more is asked row group by row group, which takes
/// time in place of memory.
constexpr std::size_t kNamesMax = 50'000;
/// Of values of one block at once, about.
constexpr std::uint64_t kValueBytesMax = 16u << 20;

using TagValuesPtr = std::shared_ptr<const std::vector<TagValue>>;

std::vector<BlockPtr> BlocksIn(std::span<const BlockPtr> blocks, const TimeRange& range) {
  std::vector<BlockPtr> in_range;
  for (const BlockPtr& block : blocks) {
    if (range.Overlaps(block->meta.start_min, block->meta.start_max)) in_range.push_back(block);
  }
  return in_range;
}

// The tags asked for with their values; nothing when the block does not say all of them.
std::optional<std::vector<std::pair<TagName, TagValuesPtr>>> ValuesIn(const Block& block,
                                                                      const TagQuestion& question) {
  const auto tags = block.filters->ReadTags();
  if (tags == nullptr) return std::nullopt;
  std::vector<std::pair<TagName, TagValuesPtr>> found;
  std::uint64_t bytes = 0;
  for (const RolledTag& tag : *tags) {
    if (!tag.name.has_listed_values() || !question.IsOf(tag.name)) continue;
    TagValuesPtr values = block.filters->ReadTagValues(tag);
    if (values == nullptr) return std::nullopt;
    for (const TagValue& value : *values) bytes += sizeof(value) + value.text.size();
    if (bytes > kValueBytesMax) return std::nullopt;
    found.emplace_back(tag.name, std::move(values));
  }
  return found;
}

}  // namespace

Result<MergedTags::Found> TagLists::Names(std::span<const BlockPtr> blocks, const TimeRange& range,
                                          const std::function<Status()>& check) {
  const std::vector<BlockPtr> in_range = BlocksIn(blocks, range);
  if (in_range.size() == blocks.size()) return merged_.Of(blocks, check);
  MergedTags::Found found;
  std::map<TagName, std::uint64_t> totals;
  for (const BlockPtr& block : in_range) {
    if (check) TRY(check());
    const auto tags = totals.size() > kNamesMax ? nullptr : block->filters->ReadTags();
    if (tags == nullptr) {
      found.others.push_back(block);
      continue;
    }
    for (const RolledTag& tag : *tags) totals[tag.name] += tag.value_count;
  }
  auto names = std::make_shared<std::vector<TagTotal>>();
  for (const auto& [name, value_count] : totals) names->push_back({name, value_count});
  found.names = std::move(names);
  return found;
}

Result<std::vector<BlockPtr>> VisitTagValues(std::span<const BlockPtr> blocks,
                                             const TimeRange& range, const TagQuestion& question,
                                             const TagValueVisitor& visit,
                                             const std::function<Status()>& check) {
  std::vector<BlockPtr> others;
  for (const BlockPtr& block : BlocksIn(blocks, range)) {
    if (check) TRY(check());
    const auto tags = ValuesIn(*block, question);
    if (!tags) {
      others.push_back(block);
      continue;
    }
    for (const auto& [name, values] : *tags) {
      for (const TagValue& value : *values) TRY(visit(name, value));
    }
  }
  return others;
}

}  // namespace clew::storage
