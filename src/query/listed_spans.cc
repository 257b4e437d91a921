#include "query/listed_spans.h"

#include <cstddef>
#include <cstdint>
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
  if (!spans || owner == Owner::kSpan) return spans;
  RowSet rows(scan::RowCountOf(source, owner), RowSet::Fill::kNone);
  ASSIGN_OR_RETURN(const scan::ColumnPtr ties, source.Ties(owner));
  const auto numbers = ties->all<std::uint32_t>();
  // An event or link knows its span, a span its resource and scope.
  const bool is_child = owner == Owner::kEvent || owner == Owner::kLink;
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    const std::uint32_t row = ties->RowOf(i);
    if (spans->Has(is_child ? numbers[i] : row)) rows.Add(is_child ? row : numbers[i]);
  }
  return std::optional(std::move(rows));
}

}  // namespace clew::query
