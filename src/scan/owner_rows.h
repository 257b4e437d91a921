#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "model/value.h"
#include "scan/span_source.h"
#include "scan/truth.h"

/// The tables of one source, and which rows of one belong to those of another.
namespace clew::scan {

/// How many rows the table of `owner` has.
std::size_t RowCountOf(const SpanSource& source, model::Owner owner);

/// What is known of the rows of `table` by what is known of those of `owner`: it holds for a row
/// when it does for one that belongs to it. Unknown where it is lost which rows belong together,
/// unless none of them would do.
Result<Truth> Lift(const SpanSource& source, model::Owner owner, const Truth& of_owner,
                   model::Owner table);

/// The rows of the table of `owner` that belong to these spans; of those that are known.
Result<RowSet> RowsOfSpans(const SpanSource& source, const RowSet& spans, model::Owner owner);

/// The rows of `table` of which it is lost which rows of `owner` are theirs: all of them when an
/// event or link has lost its span.
Result<RowSet> RowsWithLost(const SpanSource& source, model::Owner owner, model::Owner table);

/// Which rows of the table of `owner` belong to a row of `table`; of those that are known. Its
/// memory is a few numbers a row.
class OwnerRows {
 public:
  static Result<OwnerRows> Read(const SpanSource& source, model::Owner owner, model::Owner table);

  /// Calls visit(row of the owner), ascending.
  template <typename Visit>
  void ForEach(std::uint32_t row, const Visit& visit) const {
    if (is_same_) return visit(row);
    const std::uint32_t span = spans_.empty() ? row : spans_[row];
    if (span == kNone) return;
    if (is_span_) return visit(span);
    if (!parents_.empty()) {
      if (parents_[span] != kNone) visit(parents_[span]);
      return;
    }
    if (first_children_.empty()) return;
    for (std::uint32_t i = first_children_[span]; i < first_children_[span + 1]; ++i) {
      visit(children_[i]);
    }
  }

 private:
  static constexpr std::uint32_t kNone = 0xffffffff;

  bool is_same_ = false;  // as the table
  bool is_span_ = false;
  /// Of each row of the table its span; empty when the table is that of spans.
  std::vector<std::uint32_t> spans_;
  /// Of each span its resource or scope.
  std::vector<std::uint32_t> parents_;
  /// Of each span where its events or links begin.
  std::vector<std::uint32_t> first_children_;
  std::vector<std::uint32_t> children_;
};

}  // namespace clew::scan
