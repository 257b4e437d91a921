#include "storage/catalogue/trace_run_content.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <ctime>
#include <map>
#include <string_view>
#include <utility>

#include "storage/format/block_pages.h"
#include "storage/format/row_group_source.h"

namespace clew::storage {
namespace {

// So many blocks have a file, or fewer that have as many traces: what is sorted in memory.
constexpr std::size_t kBlocksOfRun = 32;
constexpr std::size_t kEntriesMax = 3'000'000;

// Of pages that are read once.
constexpr std::uint64_t kCacheBytes = 8u << 20;

// "blocks/<tenant>/<day>": the day is in the name.
std::string_view DayOf(std::string_view block_name) {
  return block_name.substr(0, block_name.rfind('/'));
}

// Of all traces of a block, whose number in its file is `number`, with repeats.
Result<std::vector<TraceRun::Entry>> EntriesOf(const BlockReading& reading, const Block& block,
                                               std::uint16_t number) {
  ASSIGN_OR_RETURN(BlockLayout layout, ReadBlockLayout(reading.objects, block.name));
  if (OutlineOf(layout) != *block.outline) {
    return base::DataLoss("block {} is another one", block.name);
  }
  base::Metrics uncounted;
  ScanCache cache(kCacheBytes, uncounted);
  std::vector<TraceRun::Entry> entries;
  for (std::size_t i = 0; i < layout.groups.size(); ++i) {
    BlockLayout::Group& group = layout.groups[i];
    const RowGroupSource source(
        std::move(group.directory),
        MakeBlockPages(reading.objects, block.name, group.offset, cache, cache.NewSourceIds()),
        cache);
    ASSIGN_OR_RETURN(const std::vector<scan::TraceSize> traces, source.Traces());
    const TraceRun::Place place{.block = number, .row_group = TraceRun::RowGroupOf(i)};
    for (const scan::TraceSize& trace : traces) entries.push_back({TraceKeyOf(trace.id), place});
  }
  return entries;
}

}  // namespace

bool IsLost(const Error& error) {
  return error.code == Code::kDataLoss || error.code == Code::kNotFound;
}

std::vector<BlockPtr> NextOfRun(std::span<const BlockPtr> unspoken, UnixNanos now) {
  const auto seconds = static_cast<std::time_t>(now / 1'000'000'000);
  const std::string today = fmt::format("/{:%Y%m%d}", fmt::gmtime(seconds));
  std::map<std::string_view, std::vector<BlockPtr>> days;
  for (const BlockPtr& block : unspoken) days[DayOf(block->name)].push_back(block);
  for (auto& [day, of_day] : days) {
    const bool is_over = !day.ends_with(today);
    if (of_day.size() >= kBlocksOfRun || (is_over && of_day.size() > 1)) return std::move(of_day);
  }
  return {};
}

std::optional<RunContent> ReadContent(const BlockReading& reading, std::span<const BlockPtr> blocks,
                                      const std::function<bool()>& is_stopping,
                                      const std::function<void(const std::string& name)>& on_lost) {
  RunContent content;
  for (const BlockPtr& block : blocks) {
    if (is_stopping()) return std::nullopt;
    if (content.blocks.size() == kBlocksOfRun || content.entries.size() >= kEntriesMax) break;
    const auto number = static_cast<std::uint16_t>(content.blocks.size());
    const Result<std::vector<TraceRun::Entry>> entries = EntriesOf(reading, *block, number);
    if (!entries.has_value()) {
      // Its filter serves: until the next start when it is damaged, else until it can be read.
      if (IsLost(entries.error())) on_lost(block->name);
      continue;
    }
    content.entries.insert(content.entries.end(), entries->begin(), entries->end());
    content.blocks.push_back({block->name, block->outline->footer_checksum});
  }
  if (content.blocks.empty()) return std::nullopt;
  const std::string_view day = DayOf(content.blocks.front().name);
  content.day = day.substr(day.rfind('/') + 1);
  return content;
}

}  // namespace clew::storage
