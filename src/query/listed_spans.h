#pragma once

#include <optional>

#include "query/plan.h"
#include "query/query_stats.h"
#include "scan/filter_question.h"
#include "scan/row_set.h"
#include "scan/span_source.h"

namespace clew::query {

/// Nothing is asked.
bool IsTrue(const expr::Expression& condition);

/// Which spans of a source a list of tags is of. One thread.
class ListedSpans {
 public:
  /// Under a condition those for which it holds and that start in the range; else all of the
  /// sources that have something in it.
  ListedSpans(const expr::Expression& condition, const std::optional<UnixNanos>& start_min,
              const std::optional<UnixNanos>& start_max);

  /// Whether the source can have none of them, which is counted.
  bool CanSkip(const scan::SpanSource& source, OperatorStats* stats) const;
  /// Nothing: all that are there.
  Result<std::optional<scan::RowSet>> In(const scan::SpanSource& source,
                                         OperatorStats* stats) const;

 private:
  const ScanSpans wanted_;
  const scan::FilterQuestion question_;
};

/// The rows of the table of `owner` that belong to these spans; without any, nothing: all of them.
Result<std::optional<scan::RowSet>> RowsOf(const scan::SpanSource& source,
                                           const std::optional<scan::RowSet>& spans,
                                           model::Owner owner);

}  // namespace clew::query
