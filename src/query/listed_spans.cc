#include "query/listed_spans.h"

#include <utility>

#include "query/match.h"
#include "scan/owner_rows.h"

namespace clew::query {

using model::Owner;
using scan::RowSet;

bool IsTrue(const expr::Expression& condition) {
  return condition.op == expr::Op::kAnd && condition.operands.empty();
}

ListedSpans::ListedSpans(const expr::Expression& condition,
                         const std::optional<UnixNanos>& start_min,
                         const std::optional<UnixNanos>& start_max)
    : wanted_{.condition = condition, .start_min = start_min, .start_max = start_max},
      question_(condition) {}

bool ListedSpans::CanSkip(const scan::SpanSource& source, OperatorStats* stats) const {
  const bool is_outside = query::CanSkip(source.stats(), wanted_);
  const bool is_filtered = !is_outside && !source.MayHold(question_);
  if (is_filtered) ++stats->row_groups_filtered;
  return is_outside || is_filtered;
}

Result<std::optional<RowSet>> ListedSpans::In(const scan::SpanSource& source,
                                              OperatorStats* stats) const {
  if (IsTrue(wanted_.condition)) return std::nullopt;
  stats->spans_scanned += source.stats().span_count;
  ASSIGN_OR_RETURN(RowSet spans, MatchSpans(source, wanted_));
  RowSet others = spans;
  others.Complement();
  if (others.empty()) return std::nullopt;
  return std::optional(std::move(spans));
}

Result<std::optional<RowSet>> RowsOf(const scan::SpanSource& source,
                                     const std::optional<RowSet>& spans, Owner owner) {
  if (!spans) return std::nullopt;
  return scan::RowsOfSpans(source, *spans, owner);
}

}  // namespace clew::query
