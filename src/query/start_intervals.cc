#include "query/start_intervals.h"

#include <algorithm>
#include <chrono>
#include <functional>
#include <utility>

namespace clew::query {
namespace {

// Spans that arrive together rarely started further apart.
constexpr std::uint64_t kUsualWidth = 3'600'000'000'000;

std::uint64_t Distance(UnixNanos from, UnixNanos to) {
  return static_cast<std::uint64_t>(to) - static_cast<std::uint64_t>(from);
}

}  // namespace

StartIntervals::StartIntervals(std::vector<UnixNanos> starts) {
  std::ranges::sort(starts);
  // Where the widest gaps end: that many intervals and no more.
  std::vector<std::pair<std::uint64_t, std::size_t>> gaps;
  for (std::size_t i = 1; i < starts.size(); ++i) {
    gaps.emplace_back(Distance(starts[i - 1], starts[i]), i);
    std::ranges::push_heap(gaps, std::greater<>());
    if (gaps.size() < kCountMax) continue;
    std::ranges::pop_heap(gaps, std::greater<>());
    gaps.pop_back();
  }
  std::ranges::sort(gaps, {}, [](const auto& gap) { return gap.second; });
  std::size_t first = 0;
  for (const auto& [width, next] : gaps) {
    if (width == 0) continue;
    intervals_.push_back({starts[first], starts[next - 1]});
    first = next;
  }
  if (!starts.empty()) intervals_.push_back({starts[first], starts.back()});
}

std::optional<UnixNanos> StartIntervals::NewestIn(UnixNanos min, UnixNanos max) const {
  const auto after = std::ranges::upper_bound(intervals_, max, {}, &Interval::min);
  if (after == intervals_.begin()) return std::nullopt;
  const Interval& last = *std::prev(after);
  if (last.max < min) return std::nullopt;
  return std::min(last.max, max);
}

Result<std::optional<UnixNanos>> StartIntervalsCache::NewestIn(const storage::SpanSourcePtr& source,
                                                               UnixNanos min, UnixNanos max) {
  const storage::SourceStats& stats = source->stats();
  if (stats.start_max < min || stats.start_min > max) return std::nullopt;
  if (Distance(stats.start_min, stats.start_max) <= kUsualWidth)
    return std::min(stats.start_max, max);
  ASSIGN_OR_RETURN(const auto intervals, Of(source));
  return intervals->NewestIn(min, max);
}

Result<std::shared_ptr<const StartIntervals>> StartIntervalsCache::Of(
    const storage::SpanSourcePtr& source) {
  {
    const std::scoped_lock lock(mutex_);
    if (const auto found = known_.find(source); found != known_.end()) return found->second;
  }
  ASSIGN_OR_RETURN(const storage::ScanColumnPtr starts, source->Field(storage::SpanField::kStart));
  auto intervals = std::make_shared<const StartIntervals>(starts->numbers);
  const std::scoped_lock lock(mutex_);
  known_[source] = intervals;
  if (known_.size() >= sweep_at_) {
    std::erase_if(known_, [](const auto& entry) { return entry.first.expired(); });
    sweep_at_ = std::max<std::size_t>(64, known_.size() * 2);
  }
  return intervals;
}

}  // namespace clew::query
