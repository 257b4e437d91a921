#include "scan/start_intervals.h"

#include <algorithm>
#include <functional>
#include <utility>

namespace clew::scan {
namespace {

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

}  // namespace clew::scan
