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

using ColumnPtr;
using SpanField;
using SpanSource;
using model::Owner;

/// Each row of such a table belongs to one span; a span to one of the others.
bool IsChild(Owner owner) { return owner == Owner::kEvent || owner == Owner::kLink; }

/// The column that ties the table of `owner`, which is not the spans', to spans.
Result<ColumnPtr> TieOf(const SpanSource& source, Owner owner) {
  switch (owner) {
    case Owner::kResource:
      return source.Field(SpanField::kResource);
    case Owner::kScope:
      return source.Field(SpanField::kScope);
    case Owner::kEvent:
      return source.Field(SpanField::kEventSpan);
    default:
      return source.Field(SpanField::kLinkSpan);
  }
}

/// Adds each row whose number in `tie` is in `numbers`.
void AddTied(const Column& tie, const RowSet& numbers, RowSet* rows) {
  if (numbers.empty()) return;
  const std::span all(tie.numbers);
  AddRows(
      tie.rows, all.size(),
      [&](std::size_t i) { return numbers.Has(static_cast<std::size_t>(all[i])); }, rows);
}

/// Adds the number in `tie` of each row that is in `rows`.
void AddTies(const Column& tie, const RowSet& rows, RowSet* numbers) {
  if (rows.empty()) return;
  for (std::size_t i = 0; i < tie.numbers.size(); ++i) {
    if (rows.Has(tie.RowOf(i))) numbers->Add(static_cast<std::size_t>(tie.numbers[i]));
  }
}

Result<RowSet> SpansWithLost(const SpanSource& source, Owner owner) {
  RowSet spans(RowCountOf(source, Owner::kSpan), RowSet::Fill::kNone);
  if (owner == Owner::kSpan) return spans;
  ASSIGN_OR_RETURN(const ColumnPtr tie, TieOf(source, owner));
  if (!IsChild(owner)) {
    AddLostRows(*tie, &spans);
  } else if (tie->is_lost || !tie->lost.empty()) {
    spans.Complement();
  }
  return spans;
}

Result<Truth> LiftToSpans(const SpanSource& source, Owner owner, const Truth& of_owner) {
  Truth spans(RowCountOf(source, Owner::kSpan));
  ASSIGN_OR_RETURN(const ColumnPtr tie, TieOf(source, owner));
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
    const Truth spans = std::move(truth);
    truth = Truth(RowCountOf(source, table));
    ASSIGN_OR_RETURN(const ColumnPtr tie, TieOf(source, table));
    AddTied(*tie, spans.holds, &truth.holds);
    AddTied(*tie, spans.unknown, &truth.unknown);
  }
  ASSIGN_OR_RETURN(const RowSet lost, RowsWithLost(source, owner, table));
  truth.unknown.Unite(lost);
  truth.Settle();
  return truth;
}

Result<RowSet> RowsWithLost(const SpanSource& source, Owner owner, Owner table) {
  RowSet rows(RowCountOf(source, table), RowSet::Fill::kNone);
  if (owner == table) return rows;
  ASSIGN_OR_RETURN(RowSet spans, SpansWithLost(source, owner));
  if (table == Owner::kSpan) return spans;
  if (spans.empty()) return rows;
  ASSIGN_OR_RETURN(const ColumnPtr tie, TieOf(source, table));
  AddTied(*tie, spans, &rows);
  return rows;
}

Status ForEachPair(const SpanSource& source, Owner owner, Owner table,
                   const std::function<void(std::uint32_t, std::uint32_t)>& visit) {
  Pace pace(source);
  if (owner == table) {
    const auto count = static_cast<std::uint32_t>(RowCountOf(source, owner));
    for (std::uint32_t row = 0; row < count; ++row) visit(row, row);
    return {};
  }
  // A span, and a row of the owner; in the order of spans.
  std::vector<std::pair<std::uint32_t, std::uint32_t>> pairs;
  if (owner == Owner::kSpan) {
    const auto count = static_cast<std::uint32_t>(RowCountOf(source, owner));
    for (std::uint32_t row = 0; row < count; ++row) pairs.emplace_back(row, row);
  } else {
    ASSIGN_OR_RETURN(const ColumnPtr tie, TieOf(source, owner));
    for (std::size_t i = 0; i < tie->numbers.size(); ++i) {
      const auto number = static_cast<std::uint32_t>(tie->numbers[i]);
      const std::uint32_t row = tie->RowOf(i);
      pairs.emplace_back(IsChild(owner) ? number : row, IsChild(owner) ? row : number);
    }
  }
  if (table == Owner::kSpan) {
    for (const auto& [span, row] : pairs) visit(span, row);
    return {};
  }
  ASSIGN_OR_RETURN(const ColumnPtr tie, TieOf(source, table));
  for (std::size_t i = 0; i < tie->numbers.size(); ++i) {
    const auto span = static_cast<std::uint32_t>(tie->numbers[i]);
    const auto of_span =
        std::ranges::equal_range(pairs, span, {}, &std::pair<std::uint32_t, std::uint32_t>::first);
    for (const auto& [_, row] : of_span) {
      TRY(pace.Step());
      visit(tie->RowOf(i), row);
    }
  }
  return {};
}

}  // namespace clew::scan
