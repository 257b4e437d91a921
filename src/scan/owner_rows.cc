#include "scan/owner_rows.h"

#include <algorithm>
#include <span>
#include <utility>
#include <vector>

#include "scan/kernels.h"
#include "scan/pace.h"
#include "scan/value_column.h"

namespace clew::scan {
namespace {

using model::Owner;

/// Each row of such a table belongs to one span; a span to one of the others.
bool IsChild(Owner owner) { return owner == Owner::kEvent || owner == Owner::kLink; }

/// Adds each row whose number in `tie` is in `numbers`.
void AddTied(const Column& tie, const RowSet& numbers, RowSet* rows) {
  if (numbers.empty()) return;
  const auto all = tie.all<std::uint32_t>();
  AddRows(tie.rows, all.size(), nullptr, [&](std::size_t i) { return numbers.Has(all[i]); }, rows);
}

/// Adds the number in `tie` of each row that is in `rows`.
void AddTies(const Column& tie, const RowSet& rows, RowSet* numbers) {
  if (rows.empty()) return;
  const auto all = tie.all<std::uint32_t>();
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (rows.Has(tie.RowOf(i))) numbers->Add(all[i]);
  }
}

Result<RowSet> SpansWithLost(const SpanSource& source, Owner owner) {
  RowSet spans(RowCountOf(source, Owner::kSpan), RowSet::Fill::kNone);
  if (owner == Owner::kSpan) return spans;
  ASSIGN_OR_RETURN(const ColumnPtr tie, source.Ties(owner));
  if (!IsChild(owner)) {
    AddLostRows(*tie, &spans);
  } else if (tie->is_lost || !tie->lost.empty()) {
    spans.Complement();
  }
  return spans;
}

Result<Truth> LiftToSpans(const SpanSource& source, Owner owner, const Truth& of_owner) {
  Truth spans(RowCountOf(source, Owner::kSpan));
  ASSIGN_OR_RETURN(const ColumnPtr tie, source.Ties(owner));
  const auto add = IsChild(owner) ? AddTies : AddTied;
  add(*tie, of_owner.holds, &spans.holds);
  add(*tie, of_owner.unknown, &spans.unknown);
  return spans;
}

}  // namespace

std::size_t RowCountOf(const SpanSource& source, Owner owner) {
  const SourceStats& stats = source.stats();
  switch (owner) {
    case Owner::kResource:
      return stats.resource_count;
    case Owner::kScope:
      return stats.scope_count;
    case Owner::kEvent:
      return stats.event_count;
    case Owner::kLink:
      return stats.link_count;
    case Owner::kSpan:
      break;
  }
  return stats.span_count;
}

Result<Truth> Lift(const SpanSource& source, Owner owner, const Truth& of_owner, Owner table) {
  if (owner == table) return of_owner;
  Truth truth(RowCountOf(source, table));
  // Whatever is lost of which rows are whose: none of them would do.
  if (of_owner.IsFalse()) return truth;
  if (owner == Owner::kSpan) {
    truth = of_owner;
  } else {
    ASSIGN_OR_RETURN(truth, LiftToSpans(source, owner, of_owner));
  }
  if (table != Owner::kSpan) {
    ASSIGN_OR_RETURN(truth.holds, RowsOfSpans(source, truth.holds, table));
    ASSIGN_OR_RETURN(truth.unknown, RowsOfSpans(source, truth.unknown, table));
  }
  ASSIGN_OR_RETURN(const RowSet lost, RowsWithLost(source, owner, table));
  truth.unknown.Unite(lost);
  truth.Settle();
  return truth;
}

Result<RowSet> RowsOfSpans(const SpanSource& source, const RowSet& spans, Owner owner) {
  if (owner == Owner::kSpan) return spans;
  RowSet rows(RowCountOf(source, owner), RowSet::Fill::kNone);
  ASSIGN_OR_RETURN(const ColumnPtr tie, source.Ties(owner));
  // An event or link knows its span, a span its resource and scope.
  const auto add = IsChild(owner) ? AddTied : AddTies;
  add(*tie, spans, &rows);
  return rows;
}

Result<RowSet> RowsWithLost(const SpanSource& source, Owner owner, Owner table) {
  RowSet rows(RowCountOf(source, table), RowSet::Fill::kNone);
  if (owner == table) return rows;
  ASSIGN_OR_RETURN(RowSet spans, SpansWithLost(source, owner));
  if (spans.empty()) return rows;
  return RowsOfSpans(source, spans, table);
}

Result<OwnerRows> OwnerRows::Read(const SpanSource& source, Owner owner, Owner table) {
  OwnerRows rows;
  rows.is_same_ = owner == table;
  rows.is_span_ = owner == Owner::kSpan;
  if (rows.is_same_) return rows;
  const auto numbers_of = [](const Column& ties, std::size_t row_count) {
    std::vector<std::uint32_t> numbers(row_count, kNone);
    const auto all = ties.all<std::uint32_t>();
    for (std::size_t i = 0; i < all.size(); ++i) numbers[ties.RowOf(i)] = all[i];
    return numbers;
  };
  const std::size_t span_count = RowCountOf(source, Owner::kSpan);
  if (table != Owner::kSpan) {
    ASSIGN_OR_RETURN(const ColumnPtr ties, source.Ties(table));
    rows.spans_ = numbers_of(*ties, RowCountOf(source, table));
  }
  if (rows.is_span_) return rows;
  ASSIGN_OR_RETURN(const ColumnPtr ties, source.Ties(owner));
  if (!IsChild(owner)) {
    rows.parents_ = numbers_of(*ties, span_count);
    return rows;
  }
  // Their spans ascend.
  const auto spans = ties->all<std::uint32_t>();
  rows.first_children_.assign(span_count + 1, 0);
  for (std::size_t i = 0; i < spans.size(); ++i) {
    ++rows.first_children_[spans[i] + 1];
    rows.children_.push_back(ties->RowOf(i));
  }
  for (std::size_t span = 0; span < span_count; ++span) {
    rows.first_children_[span + 1] += rows.first_children_[span];
  }
  return rows;
}

}  // namespace clew::scan
