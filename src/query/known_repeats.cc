#include "query/known_repeats.h"

#include <algorithm>
#include <utility>

namespace clew::query {
namespace {

// Of a source: what takes more is found out each time.
constexpr std::size_t kKeptWithinMax = 100'000;
// Of all sources, and of all sets.
constexpr std::uint64_t kKeptIdsMax = (std::uint64_t{64} << 20) / sizeof(TraceId);
constexpr std::size_t kKeptAmongMax = 8;

}  // namespace

std::vector<TraceId> RepeatedTraces::All() const {
  std::vector<TraceId> all;
  for (const TraceIdsPtr& ids : of_sources) all.insert(all.end(), ids->begin(), ids->end());
  std::ranges::sort(all);
  const auto repeats = std::ranges::unique(all);
  all.erase(repeats.begin(), repeats.end());
  return all;
}

const KnownRepeats::OfSource* KnownRepeats::Find(const Known& known,
                                                 const scan::SpanSourcePtr& source) {
  const auto found = known.find(source.get());
  const bool is_same = found != known.end() && !found->second.source.expired();
  return is_same ? &found->second : nullptr;
}

TraceIdsPtr KnownRepeats::Within(const scan::SpanSourcePtr& source) const {
  const std::scoped_lock lock(mutex_);
  const OfSource* const found = Find(within_, source);
  return found == nullptr ? nullptr : found->ids;
}

void KnownRepeats::KeepWithin(const scan::SpanSourcePtr& source, TraceIdsPtr ids) {
  if (ids->size() > kKeptWithinMax) return;
  const std::scoped_lock lock(mutex_);
  // Those that are gone go when there may be as many of them as of others.
  if (within_.size() >= within_max_) {
    std::erase_if(within_, [](const auto& each) { return each.second.source.expired(); });
    within_max_ = 2 * within_.size() + 1;
    within_id_count_ = 0;
    for (const auto& each : within_) within_id_count_ += each.second.ids->size();
  }
  OfSource& kept = within_[source.get()];
  const std::size_t before = kept.ids == nullptr ? 0 : kept.ids->size();
  within_id_count_ -= before;
  if (within_id_count_ + ids->size() > kKeptIdsMax) {
    within_.erase(source.get());
    return;
  }
  within_id_count_ += ids->size();
  kept = {.source = source, .ids = std::move(ids)};
}

std::uint64_t KnownRepeats::memory_bytes() const {
  const std::scoped_lock lock(mutex_);
  std::uint64_t id_count = within_id_count_;
  for (const Set& set : among_) id_count += set.id_count;
  return id_count * sizeof(TraceId);
}

RepeatedTraces KnownRepeats::Of(const Set& set, std::span<const scan::SpanSourcePtr> sources) {
  RepeatedTraces repeated{
      .of_sources = {}, .spread = {}, .may_be_spread_further = set.may_be_spread_further};
  for (const scan::SpanSourcePtr& source : sources) {
    const OfSource* const found = Find(set.sources, source);
    repeated.of_sources.push_back(found == nullptr ? nullptr : found->ids);
    repeated.spread.push_back(found == nullptr ? nullptr : found->spread);
  }
  return repeated;
}

std::optional<RepeatedTraces> KnownRepeats::Among(
    std::span<const scan::SpanSourcePtr> sources) const {
  const std::scoped_lock lock(mutex_);
  const Set* best = nullptr;
  std::ptrdiff_t best_count = 0;
  for (const Set& set : among_) {
    const std::ptrdiff_t count = std::ranges::count_if(
        sources, [&](const auto& source) { return Find(set.sources, source) != nullptr; });
    if (count <= best_count) continue;
    best = &set;
    best_count = count;
  }
  if (best == nullptr) return std::nullopt;
  return Of(*best, sources);
}

void KnownRepeats::KeepAmong(std::span<const scan::SpanSourcePtr> sources,
                             const RepeatedTraces& repeated) {
  Set set{.sources = {}, .may_be_spread_further = repeated.may_be_spread_further};
  for (std::size_t i = 0; i < sources.size(); ++i) {
    set.id_count += repeated.of_sources[i]->size() + repeated.spread[i]->size();
    set.sources.emplace(sources[i].get(), OfSource{.source = sources[i],
                                                   .ids = repeated.of_sources[i],
                                                   .spread = repeated.spread[i]});
  }
  if (set.id_count > kKeptIdsMax) return;
  const std::scoped_lock lock(mutex_);
  among_.push_front(std::move(set));
  std::uint64_t id_count = 0;
  for (const Set& each : among_) id_count += each.id_count;
  while (among_.size() > kKeptAmongMax || id_count > kKeptIdsMax) {
    id_count -= among_.back().id_count;
    among_.pop_back();
  }
}

}  // namespace clew::query
