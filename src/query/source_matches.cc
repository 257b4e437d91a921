#include "query/source_matches.h"

#include <algorithm>
#include <cstdint>

#include "query/match.h"

namespace clew::query {
namespace {

// Spans that arrive together rarely started further apart.
constexpr std::uint64_t kUsualWidth = 3'600'000'000'000;

}  // namespace

Result<Matches> Match(const scan::SpanSource& source, const ScanSpans& wanted) {
  ASSIGN_OR_RETURN(const scan::RowSet spans, MatchSpans(source, wanted));
  const std::vector<std::uint32_t> rows = spans.Rows();
  Matches matches;
  if (rows.empty()) return matches;
  ASSIGN_OR_RETURN(matches.ids, source.TraceIds(rows));
  ASSIGN_OR_RETURN(const scan::ColumnPtr starts, source.Field(expr::Field::kStart));
  const auto times = starts->all<std::int64_t>();
  matches.starts.reserve(rows.size());
  for (const std::uint32_t row : rows) matches.starts.push_back(times[row]);
  return matches;
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
