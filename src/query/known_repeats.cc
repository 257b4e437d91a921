#include "query/known_repeats.h"

#include <algorithm>

namespace clew::query {
namespace {

// What takes more is found out each time.
constexpr std::size_t kKeptIdsMax = 100'000;
constexpr std::size_t kKeptAmongMax = 8;

}  // namespace

std::vector<TraceId> RepeatedTraces::All() const {
  std::vector<TraceId> all;
  for (const std::vector<TraceId>& ids : of_sources) all.insert(all.end(), ids.begin(), ids.end());
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

KnownRepeats::TraceIdsPtr KnownRepeats::Within(const scan::SpanSourcePtr& source) const {
  const std::scoped_lock lock(mutex_);
  const OfSource* const found = Find(within_, source);
  return found == nullptr ? nullptr : found->ids;
}

void KnownRepeats::KeepWithin(const scan::SpanSourcePtr& source, TraceIdsPtr ids) {
  if (ids->size() > kKeptIdsMax) return;
  const std::scoped_lock lock(mutex_);
  // Those that are gone go when there may be as many of them as of others.
  if (within_.size() >= within_max_) {
    std::erase_if(within_, [](const auto& each) { return each.second.source.expired(); });
    within_max_ = 2 * within_.size() + 1;
  }
  within_.insert_or_assign(source.get(), OfSource{source, std::move(ids)});
}

std::optional<RepeatedTraces> KnownRepeats::Among(
    std::span<const scan::SpanSourcePtr> sources) const {
  const std::scoped_lock lock(mutex_);
  for (const Known& known : among_) {
    RepeatedTraces repeated;
    for (const scan::SpanSourcePtr& source : sources) {
      const OfSource* const found = Find(known, source);
      if (found == nullptr) break;
      repeated.of_sources.push_back(*found->ids);
    }
    if (repeated.of_sources.size() == sources.size()) return repeated;
  }
  return std::nullopt;
}

void KnownRepeats::KeepAmong(std::span<const scan::SpanSourcePtr> sources,
                             const RepeatedTraces& repeated) {
  std::size_t id_count = 0;
  for (const auto& ids : repeated.of_sources) id_count += ids.size();
  if (id_count > kKeptIdsMax) return;
  Known known;
  for (std::size_t i = 0; i < sources.size(); ++i) {
    known.emplace(
        sources[i].get(),
        OfSource{sources[i], std::make_shared<const std::vector<TraceId>>(repeated.of_sources[i])});
  }
  const std::scoped_lock lock(mutex_);
  among_.push_front(std::move(known));
  if (among_.size() > kKeptAmongMax) among_.pop_back();
}

}  // namespace clew::query
