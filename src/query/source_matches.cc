#include "query/source_matches.h"

#include <algorithm>
#include <cstdint>

#include "query/match.h"

namespace clew::query {
namespace {

// Spans that arrive together rarely started further apart.
constexpr std::uint64_t kUsualWidth = 3'600'000'000'000;

}  // namespace

Result<Matches> Match(const Scan& scan, std::size_t place, const ScanSpans& wanted,
                      const BoundScan* bound) {
  const scan::SpanSource& source = *scan.sources[place];
  ASSIGN_OR_RETURN(const scan::RowSet spans, MatchSpans(source, wanted));
  const std::vector<std::uint32_t> rows = spans.Rows();
  Matches matches;
  if (rows.empty()) return matches;
  ASSIGN_OR_RETURN(matches.ids, source.TraceIds(rows));
  ASSIGN_OR_RETURN(const scan::ColumnPtr starts, source.Field(expr::Field::kStart));
  const auto times = starts->all<std::int64_t>();
  matches.starts.reserve(rows.size());
  for (const std::uint32_t row : rows) matches.starts.push_back(times[row]);
  if (bound == nullptr) return matches;
  Result<FailedTraces> failed = bound->Judge(place, matches.ids);
  if (failed.has_value()) {
    matches.failed = *std::move(failed);
  } else {
    // A source that cannot be judged has what was found in it, unless it is time to stop.
    TRY(scan.Check());
  }
  return matches;
}

Result<std::size_t> LeaveOut(BoundScan* bound, std::size_t place, Matches* matches) {
  std::vector<TraceId> ruled_out;
  if (bound != nullptr) {
    ASSIGN_OR_RETURN(ruled_out, bound->RuledOut(place, matches->failed));
  }
  std::vector<TraceId>& ids = matches->ids;
  std::vector<UnixNanos>& starts = matches->starts;
  std::size_t left = 0;
  for (std::size_t i = 0; i < ids.size();) {
    const TraceId id = ids[i];
    UnixNanos start = starts[i];
    for (++i; i < ids.size() && ids[i] == id; ++i) start = std::min(start, starts[i]);
    if (id.is_zero() || std::ranges::binary_search(ruled_out, id)) continue;
    ids[left] = id;
    starts[left++] = start;
  }
  ids.resize(left);
  starts.resize(left);
  return ruled_out.size();
}

Result<std::optional<UnixNanos>> NewestIn(const scan::SpanSource& source, UnixNanos min,
                                          UnixNanos max) {
  const scan::SourceStats& stats = source.stats();
  if (stats.start_max < min || stats.start_min > max) return std::nullopt;
  const std::uint64_t width =
      static_cast<std::uint64_t>(stats.start_max) - static_cast<std::uint64_t>(stats.start_min);
  if (width <= kUsualWidth) return std::min(stats.start_max, max);
  ASSIGN_OR_RETURN(const scan::StartIntervalsPtr starts, source.Starts());
  return starts->NewestIn(min, max);
}

}  // namespace clew::query
