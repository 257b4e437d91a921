#include "storage/catalogue/trace_index.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <ctime>
#include <iterator>
#include <optional>
#include <utility>

#include "base/file.h"
#include "base/logging.h"
#include "log/file_system.h"
#include "storage/format/row_group_source.h"

namespace clew::storage {
namespace {

// So many blocks have a file, or fewer that have as many traces: what is sorted in memory.
constexpr std::size_t kBlocksOfRun = 32;
constexpr std::size_t kEntriesMax = 3'000'000;
// Whoever asks for more traces at once asks the blocks: most of them are read anyway.
constexpr std::size_t kIdsMax = 64;
constexpr std::string_view kEnd = ".run";

// Of pages that are read once.
constexpr std::uint64_t kCacheBytes = 8u << 20;

// "blocks/<tenant>/<day>": the day is in the name.
std::string_view DayOf(std::string_view block_name) {
  return block_name.substr(0, block_name.rfind('/'));
}

// Of all traces of a block, with repeats. Past the caches of queries: what is read here is read
// once.
Result<std::vector<std::uint64_t>> KeysOf(const BlockReading& reading, const Block& block) {
  ASSIGN_OR_RETURN(BlockLayout layout, ReadBlockLayout(reading.objects, block.name));
  if (OutlineOf(layout) != *block.outline) {
    return base::DataLoss("block {} is another one", block.name);
  }
  base::Metrics uncounted;
  ScanCache cache(kCacheBytes, uncounted);
  std::vector<std::uint64_t> keys;
  for (BlockLayout::Group& group : layout.groups) {
    const RowGroupSource source(
        std::move(group.directory),
        MakeBlockPages(reading.objects, block.name, group.offset, cache, cache.NewSourceIds()),
        cache);
    ASSIGN_OR_RETURN(const std::vector<scan::TraceSize> traces, source.Traces());
    for (const scan::TraceSize& trace : traces) keys.push_back(TraceKeyOf(trace.id));
  }
  return keys;
}

/// As opposed to what passes, such as descriptors that are short: then the file is fine.
bool IsLost(const Error& error) {
  return error.code == Code::kDataLoss || error.code == Code::kNotFound;
}

}  // namespace

struct TraceIndex::Run {
  std::string path;
  std::shared_ptr<const TraceRun> file;
  /// It cannot be relied upon any more.
  mutable std::atomic<bool> is_bad = false;
};

TraceIndex::TraceIndex(std::string folder, const Surroundings& surroundings)
    : folder_(std::move(folder)), with_(surroundings), state_(std::make_shared<const State>()) {}

TraceIndex::~TraceIndex() = default;

TraceIndex::StatePtr TraceIndex::Now() const {
  const std::scoped_lock lock(mutex_);
  return state_;
}

void TraceIndex::Publish(std::vector<std::shared_ptr<const Run>> runs) const {
  auto state = std::make_shared<State>();
  for (const auto& run : runs) {
    const std::vector<TraceRun::Block>& blocks = run->file->blocks();
    for (std::size_t i = 0; i < blocks.size(); ++i) {
      state->places[blocks[i].name] = {run, static_cast<std::uint32_t>(i)};
    }
  }
  state->runs = std::move(runs);
  const std::scoped_lock lock(mutex_);
  state_ = std::move(state);
}

void TraceIndex::Load() const {
  std::call_once(loading_, [this] {
    std::vector<std::shared_ptr<const Run>> runs;
    const auto names = log::SystemFiles().List(folder_);
    if (!names.has_value()) return;  // made anew when it can be
    for (const std::string& name : *names) {
      // Of a write that a crash ended.
      if (name.ends_with(".tmp"))
        static_cast<void>(log::SystemFiles().Remove(folder_ + '/' + name));
      if (!name.ends_with(kEnd)) continue;
      auto run = std::make_shared<Run>();
      run->path = folder_ + '/' + name;
      auto file = TraceRun::OpenFile(run->path);
      if (file.has_value()) {
        run->file = *std::move(file);
        runs.push_back(std::move(run));
        continue;
      }
      base::Log(base::LogLevel::kWarn,
                "a file of the index of traces cannot be read: it is made anew",
                {{"file", run->path}, {"error", file.error().message}});
      if (file.error().code == Code::kDataLoss) Remove(*run);
    }
    Publish(std::move(runs));
  });
}

const TraceIndex::Place* TraceIndex::Find(const State& state, const Block& block) {
  const auto place = state.places.find(block.name);
  if (place == state.places.end() || place->second.run->is_bad) return nullptr;
  const TraceRun::Block& known = place->second.run->file->blocks()[place->second.block];
  return known.footer_checksum == block.outline->footer_checksum ? &place->second : nullptr;
}

Result<std::vector<BlockPtr>> TraceIndex::Select(std::span<const BlockPtr> blocks,
                                                 std::span<const TraceId> ids,
                                                 const std::function<Status()>& check) const {
  if (!folder_.empty()) Load();
  const StatePtr state = Now();
  std::unordered_map<const Run*, std::vector<bool>> found;
  if (ids.size() <= kIdsMax) {
    for (const auto& run : state->runs) {
      if (check) TRY(check());
      std::vector<bool> is_found(run->file->blocks().size());
      Status status;
      for (std::size_t i = 0; i < ids.size() && status.has_value(); ++i) {
        status = run->file->Find(TraceKeyOf(ids[i]), &is_found);
      }
      if (status.has_value()) {
        found[run.get()] = std::move(is_found);
      } else if (IsLost(status.error())) {
        run->is_bad = true;
      }
    }
  }
  std::vector<BlockPtr> selected;
  for (const BlockPtr& block : blocks) {
    const Place* place = Find(*state, *block);
    const auto of_run = place == nullptr ? found.end() : found.find(place->run.get());
    if (of_run == found.end()) {
      // Its filter may have to be read.
      if (check) TRY(check());
      if (block->MayHold(with_.reading.filter_meters, ids)) selected.push_back(block);
    } else if (of_run->second[place->block]) {
      selected.push_back(block);
    } else {
      block->CountSkipped(with_.reading.filter_meters);
    }
  }
  return selected;
}

void TraceIndex::Remove(const Run& run) const {
  // What stays is read at the next start, and removed then.
  static_cast<void>(log::SystemFiles().Remove(run.path));
}

void TraceIndex::DropOldRuns(const std::vector<BlockPtr>& blocks) {
  const StatePtr state = Now();
  if (state->runs.empty()) return;
  std::unordered_map<const Run*, std::size_t> live_counts;
  for (const BlockPtr& block : blocks) {
    if (const Place* place = Find(*state, *block)) ++live_counts[place->run.get()];
  }
  const auto is_kept = [&](const std::shared_ptr<const Run>& run) {
    return !run->is_bad && 2 * live_counts[run.get()] >= run->file->blocks().size();
  };
  if (std::ranges::all_of(state->runs, is_kept)) return;
  std::vector<std::shared_ptr<const Run>> kept;
  for (const auto& run : state->runs) {
    if (is_kept(run)) {
      kept.push_back(run);
    } else {
      Remove(*run);
    }
  }
  Publish(std::move(kept));
}

std::vector<BlockPtr> TraceIndex::NextBlocks(const std::vector<BlockPtr>& blocks) const {
  const auto now = static_cast<std::time_t>(with_.clock.Now() / 1'000'000'000);
  const std::string today = fmt::format("/{:%Y%m%d}", fmt::gmtime(now));
  const StatePtr state = Now();
  std::map<std::string_view, std::vector<BlockPtr>> days;
  for (const BlockPtr& block : blocks) {
    if (Find(*state, *block) != nullptr || unreadable_.contains(block->name)) continue;
    days[DayOf(block->name)].push_back(block);
  }
  for (auto& [day, of_day] : days) {
    const bool is_over = !day.ends_with(today);
    if (of_day.size() >= kBlocksOfRun || (is_over && of_day.size() > 1)) return std::move(of_day);
  }
  return {};
}

void TraceIndex::MakeRun(std::span<const BlockPtr> blocks,
                         const std::function<bool()>& is_stopping) {
  std::vector<TraceRun::Block> members;
  std::vector<TraceRun::Entry> entries;
  for (const BlockPtr& block : blocks) {
    if (is_stopping()) return;
    if (members.size() == kBlocksOfRun || entries.size() >= kEntriesMax) break;
    const Result<std::vector<std::uint64_t>> keys = KeysOf(with_.reading, *block);
    if (!keys.has_value()) {
      // Its filter serves: until the next start when it is damaged, else until it can be read.
      if (IsLost(keys.error())) unreadable_.insert(block->name);
      continue;
    }
    const auto number = static_cast<std::uint32_t>(members.size());
    for (const std::uint64_t key : *keys) entries.push_back({key, number});
    members.push_back({block->name, block->outline->footer_checksum});
  }
  if (members.empty()) return;
  const std::string day(DayOf(members.front().name));
  auto run = std::make_shared<Run>();
  run->path = fmt::format("{}/{}-{:016x}{}", folder_, day.substr(day.rfind('/') + 1),
                          with_.random.Next(), kEnd);
  const auto write = [&]() -> Status {
    TRY(base::MakeDirectories(folder_));
    TRY(log::SystemFiles().Replace(run->path, TraceRun::Encode(members, std::move(entries))));
    ASSIGN_OR_RETURN(run->file, TraceRun::OpenFile(run->path));
    return {};
  };
  const Status status = write();
  const bool had_failed = std::exchange(has_failed_, !status.has_value());
  if (!status.has_value()) {
    if (had_failed) return;
    base::Log(base::LogLevel::kWarn, "the index of traces cannot be written; will retry",
              {{"file", run->path}, {"error", status.error().message}});
    return;
  }
  std::vector<std::shared_ptr<const Run>> runs = Now()->runs;
  runs.push_back(std::move(run));
  Publish(std::move(runs));
}

void TraceIndex::Maintain(const std::vector<BlockPtr>& blocks,
                          const std::function<bool()>& is_stopping) {
  if (folder_.empty()) return;
  Load();
  DropOldRuns(blocks);
  const std::vector<BlockPtr> next = NextBlocks(blocks);
  if (!next.empty()) MakeRun(next, is_stopping);
}

}  // namespace clew::storage
