#include "storage/catalogue/trace_index.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <iterator>
#include <optional>
#include <utility>

#include "base/file.h"
#include "base/logging.h"
#include "log/file_system.h"
#include "storage/catalogue/trace_run_content.h"

namespace clew::storage {
namespace {

// Whoever asks for more traces at once asks the blocks: most of them are read anyway.
constexpr std::size_t kIdsMax = 64;
constexpr std::string_view kEnd = ".run";

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

Result<TraceIndex::Found> TraceIndex::FindAll(const State& state, std::span<const TraceId> ids,
                                              const std::function<Status()>& check) {
  Found found;
  if (ids.size() > kIdsMax) return found;
  for (const auto& run : state.runs) {
    if (check) TRY(check());
    std::vector<TraceRun::Place> places;
    Status status;
    for (std::size_t i = 0; i < ids.size() && status.has_value(); ++i) {
      status = run->file->Find(TraceKeyOf(ids[i]), &places);
    }
    if (status.has_value()) {
      std::ranges::sort(places);
      const auto repeated = std::ranges::unique(places);
      places.erase(repeated.begin(), repeated.end());
      found[run.get()] = std::move(places);
    } else if (IsLost(status.error())) {
      run->is_bad = true;
    }
  }
  return found;
}

Result<std::vector<scan::SpanSourcePtr>> TraceIndex::Select(
    std::span<const BlockPtr> blocks, std::span<const TraceId> ids,
    const std::function<Status()>& check) const {
  if (!folder_.empty()) Load();
  const StatePtr state = Now();
  ASSIGN_OR_RETURN(const Found found, FindAll(*state, ids, check));
  const FilterMeters* const meters = with_.reading.filter_meters;
  std::vector<scan::SpanSourcePtr> selected;
  for (const BlockPtr& block : blocks) {
    const Place* place = Find(*state, *block);
    const auto of_run = place == nullptr ? found.end() : found.find(place->run.get());
    const std::vector<scan::SpanSourcePtr>& groups = block->sources;
    if (of_run == found.end()) {
      // Its filter may have to be read.
      if (check) TRY(check());
      if (block->MayHold(meters, ids))
        selected.insert(selected.end(), groups.begin(), groups.end());
      continue;
    }
    const auto here =
        std::ranges::equal_range(of_run->second, place->block, {}, &TraceRun::Place::block);
    const std::size_t selected_before = selected.size();
    // kAnyRowGroup is the last, and more than there are.
    if (!here.empty() && here.back().row_group >= groups.size()) {
      selected.insert(selected.end(), groups.begin(), groups.end());
    } else {
      for (const TraceRun::Place& one : here) selected.push_back(groups[one.row_group]);
    }
    Block::CountSkipped(meters, groups.size() - (selected.size() - selected_before));
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

void TraceIndex::MakeRun(std::span<const BlockPtr> blocks,
                         const std::function<bool()>& is_stopping) {
  const auto note_lost = [this](const std::string& name) { unreadable_.insert(name); };
  std::optional<RunContent> content = ReadContent(with_.reading, blocks, is_stopping, note_lost);
  if (!content.has_value()) return;
  auto run = std::make_shared<Run>();
  run->path = fmt::format("{}/{}-{:016x}{}", folder_, content->day, with_.random.Next(), kEnd);
  const auto write = [&]() -> Status {
    TRY(base::MakeDirectories(folder_));
    TRY(log::SystemFiles().Replace(run->path,
                                   TraceRun::Encode(content->blocks, std::move(content->entries))));
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
  const StatePtr state = Now();
  std::vector<BlockPtr> unspoken;
  std::ranges::copy_if(blocks, std::back_inserter(unspoken), [&](const BlockPtr& block) {
    return Find(*state, *block) == nullptr && !unreadable_.contains(block->name);
  });
  const std::vector<BlockPtr> next = NextOfRun(unspoken, with_.clock.Now());
  if (!next.empty()) MakeRun(next, is_stopping);
}

}  // namespace clew::storage
