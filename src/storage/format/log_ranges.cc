#include "storage/format/log_ranges.h"

#include <algorithm>

namespace clew::storage {

std::vector<LogRange> JoinRanges(std::vector<LogRange> ranges) {
  std::ranges::sort(ranges, {}, &LogRange::begin);
  std::vector<LogRange> joined;
  for (const LogRange& range : ranges) {
    if (joined.empty() || joined.back().end < range.begin) {
      joined.push_back(range);
    } else {
      joined.back().end = std::max(joined.back().end, range.end);
    }
  }
  return joined;
}

bool Covers(const std::vector<LogRange>& ranges, const log::Appended& where) {
  const auto after = std::ranges::upper_bound(ranges, where.begin, {}, &LogRange::begin);
  return after != ranges.begin() && where.end <= std::prev(after)->end;
}

std::vector<LogRange> Uncovered(const std::vector<LogRange>& ranges, const LogRange& piece) {
  std::vector<LogRange> rests;
  log::Position begin = piece.begin;
  for (auto range = std::ranges::upper_bound(ranges, begin, {}, &LogRange::end);
       range != ranges.end() && range->begin < piece.end; ++range) {
    if (begin < range->begin) rests.push_back({begin, range->begin});
    begin = range->end;
  }
  if (begin < piece.end) rests.push_back({begin, piece.end});
  return rests;
}

}  // namespace clew::storage
