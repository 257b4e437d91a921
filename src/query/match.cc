#include "query/match.h"

#include <cstddef>
#include <limits>
#include <span>
#include <utility>

#include "scan/evaluate.h"
#include "scan/kernels.h"

namespace clew::query {

bool CanSkip(const scan::SourceStats& stats, const ScanSpans& wanted) {
  if ((wanted.start_min && stats.start_max < *wanted.start_min) ||
      (wanted.start_max && stats.start_min > *wanted.start_max)) {
    return true;
  }
  const auto duration_min = expr::LeastOf(wanted.condition, expr::Field::kDuration);
  return duration_min && stats.duration_max < *duration_min;
}

Result<scan::RowSet> MatchSpans(const scan::SpanSource& source, const ScanSpans& wanted) {
  ASSIGN_OR_RETURN(scan::Truth truth, scan::Evaluate(wanted.condition, source));
  scan::RowSet spans = std::move(truth.holds);
  const UnixNanos min = wanted.start_min.value_or(std::numeric_limits<UnixNanos>::min());
  const UnixNanos max = wanted.start_max.value_or(std::numeric_limits<UnixNanos>::max());
  const scan::SourceStats& stats = source.stats();
  if (spans.empty() || (min <= stats.start_min && stats.start_max <= max)) return spans;
  // Not a part of the condition: a start that is lost is taken for that of the trace.
  ASSIGN_OR_RETURN(const scan::ColumnPtr starts, source.Field(expr::Field::kStart));
  const auto numbers = starts->all<std::int64_t>();
  scan::RowSet inside(spans.row_count(), scan::RowSet::Fill::kNone);
  scan::AddRows(
      starts->rows, numbers.size(), &spans,
      [&](std::size_t i) {
        return static_cast<unsigned>(numbers[i] >= min) & static_cast<unsigned>(numbers[i] <= max);
      },
      &inside);
  spans.Intersect(inside);
  return spans;
}

}  // namespace clew::query
