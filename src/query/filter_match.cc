#include "query/filter_match.h"

#include <re2/re2.h>

#include <algorithm>
#include <functional>
#include <utility>
#include <vector>

#include "query/filter_column.h"
#include "query/pace.h"
#include "query/tag_match.h"

namespace clew::query {
namespace {

using storage::ScanColumnPtr;
using storage::SpanField;
using storage::SpanSource;
using Test = std::function<bool(const FilterValue&)>;

/// What is known of each row: the call holds, it does not, or nobody knows, as a value is lost.
struct Verdict {
  explicit Verdict(std::size_t row_count)
      : holds(row_count, RowSet::Fill::kNone), unknown(row_count, RowSet::Fill::kNone) {}

  /// True when the call holds for no row, and that is known.
  bool IsFalse() const { return holds.empty() && unknown.empty(); }
  /// What holds holds, whatever else is lost.
  void Settle() { unknown.Subtract(holds); }

  // Without a common row:
  RowSet holds;
  RowSet unknown;
};

/// The values of each row, and those of which some may be lost.
struct RowValues {
  std::vector<std::vector<FilterValue>> values;
  RowSet lost;
  bool MayHaveSome(std::size_t row) const { return !values[row].empty() || lost.Has(row); }
};

bool Holds(FilterOp op, std::optional<int> order) {
  if (!order) return false;
  switch (op) {
    case FilterOp::kGt:
      return *order > 0;
    case FilterOp::kLt:
      return *order < 0;
    case FilterOp::kGte:
      return *order >= 0;
    case FilterOp::kLte:
      return *order <= 0;
    default:
      // kEq, and what kNe, kIn and kNotIn are made of.
      return *order == 0;
  }
}

Test TestOf(const FilterCall& call) {
  if (call.op == FilterOp::kRegex) {
    return [&call](const FilterValue& value) {
      if (value.type == model::ValueType::kString) {
        return re2::RE2::PartialMatch(re2::StringPiece(value.text.data(), value.text.size()),
                                      *call.pattern);
      }
      return value.type != model::ValueType::kEmpty &&
             re2::RE2::PartialMatch(TextOf(value), *call.pattern);
    };
  }
  return [&call](const FilterValue& value) {
    return std::ranges::any_of(call.constants, [&](const FilterConstant& constant) {
      return Holds(call.op, Compare(value, constant));
    });
  };
}

std::vector<FilterLevel> LevelsOf(const FilterReference& reference) {
  if (reference.level == FilterLevel::kSpanOrResource) {
    return {FilterLevel::kSpan, FilterLevel::kResource};
  }
  return {reference.level};
}

std::size_t CountOf(const SpanSource& source, FilterLevel level) {
  return RowCountOf(source, OwnerOf(level));
}

/// The column that ties a level to spans.
SpanField SpanFieldOf(FilterLevel level) {
  switch (level) {
    case FilterLevel::kResource:
      return SpanField::kResource;
    case FilterLevel::kScope:
      return SpanField::kScope;
    case FilterLevel::kEvent:
      return SpanField::kEventSpan;
    default:
      return SpanField::kLinkSpan;
  }
}

/// A span and a row of the level that belongs to it, in order of spans.
using RowPair = std::pair<std::uint32_t, std::uint32_t>;
Result<std::vector<RowPair>> PairsOfSpans(const SpanSource& source, FilterLevel level) {
  std::vector<RowPair> pairs;
  if (level == FilterLevel::kSpan) {
    for (std::uint32_t row = 0; row < CountOf(source, level); ++row) pairs.emplace_back(row, row);
    return pairs;
  }
  const bool is_many = level == FilterLevel::kEvent || level == FilterLevel::kLink;
  ASSIGN_OR_RETURN(const ScanColumnPtr others, source.Field(SpanFieldOf(level)));
  pairs.reserve(others->numbers.size());
  for (std::size_t i = 0; i < others->numbers.size(); ++i) {
    const std::uint32_t row = others->RowOf(i);
    const auto other = static_cast<std::uint32_t>(others->numbers[i]);
    pairs.push_back(is_many ? RowPair(other, row) : RowPair(row, other));
  }
  return pairs;
}

/// Answers with rows of one table: spans, or inside kSome events or links.
class Matcher {
 public:
  Matcher(const SpanSource& source, FilterColumns& columns, FilterLevel table)
      : source_(source), columns_(columns), table_(table) {}

  // Recursion ends with the depth of the filter.
  Result<Verdict> Match(const FilterCall& call);

 private:
  static bool IsThere(const FilterValue&) { return true; }

  Result<Verdict> MatchAll(const FilterCall& call);
  Result<Verdict> MatchNotEqual(const FilterCall& call);
  Result<Verdict> MatchSome(const FilterCall& call);
  Result<Verdict> MatchLeaf(const FilterCall& call);
  Result<Verdict> MatchPairs(const FilterCall& call);
  Result<Verdict> MatchValues(const FilterReference& reference, const Test& test);
  Result<RowValues> ValuesOf(const FilterReference& reference);
  /// What is known of the rows of the table by what is known of those of a level.
  Result<Verdict> FromLevel(FilterLevel level, const Verdict& of_level) const;
  /// Rows of the table of which it is lost which rows of the level are theirs.
  Result<RowSet> WithLost(FilterLevel level) const;
  /// Calls visit(row of the table, row of the level) for all that belong together.
  Status ForEachPair(FilterLevel level,
                     const std::function<void(std::uint32_t, std::uint32_t)>& visit) const;

  const SpanSource& source_;
  FilterColumns& columns_;
  const FilterLevel table_;
  /// What the values of ValuesOf point into.
  std::vector<ScanColumnPtr> kept_;
};

// Both hold.
void Intersect(const Verdict& other, Verdict* verdict) {
  RowSet may_hold = other.holds;
  may_hold.Unite(other.unknown);
  verdict->unknown.Unite(verdict->holds);
  verdict->unknown.Intersect(may_hold);
  verdict->holds.Intersect(other.holds);
  verdict->Settle();
}

// One of them holds.
void Unite(const Verdict& other, Verdict* verdict) {
  verdict->holds.Unite(other.holds);
  verdict->unknown.Unite(other.unknown);
  verdict->Settle();
}

Result<Verdict> Matcher::Match(const FilterCall& call) {
  TRY(source_.Check());
  switch (call.op) {
    case FilterOp::kAnd:
    case FilterOp::kOr:
      return MatchAll(call);
    case FilterOp::kNot: {
      ASSIGN_OR_RETURN(Verdict verdict, Match(call.calls[0]));
      RowSet rest(verdict.holds.row_count(), RowSet::Fill::kAll);
      rest.Subtract(verdict.holds);
      rest.Subtract(verdict.unknown);
      verdict.holds = std::move(rest);
      return verdict;
    }
    case FilterOp::kSome:
      return MatchSome(call);
    case FilterOp::kExists:
      return MatchValues(call.references[0], IsThere);
    case FilterOp::kNe:
    case FilterOp::kNotIn:
      return MatchNotEqual(call);
    default:
      return MatchLeaf(call);
  }
}

// There, and equal to none.
Result<Verdict> Matcher::MatchNotEqual(const FilterCall& call) {
  ASSIGN_OR_RETURN(Verdict verdict, MatchValues(call.references[0], IsThere));
  if (call.references.size() == 2) {
    ASSIGN_OR_RETURN(const Verdict other, MatchValues(call.references[1], IsThere));
    Intersect(other, &verdict);
  }
  ASSIGN_OR_RETURN(Verdict differs, MatchLeaf(call));
  RowSet rest(differs.holds.row_count(), RowSet::Fill::kAll);
  rest.Subtract(differs.holds);
  rest.Subtract(differs.unknown);
  differs.holds = std::move(rest);
  Intersect(differs, &verdict);
  return verdict;
}

Result<Verdict> Matcher::MatchSome(const FilterCall& call) {
  ASSIGN_OR_RETURN(const Verdict found,
                   Matcher(source_, columns_, call.some_level).Match(call.calls[0]));
  return FromLevel(call.some_level, found);
}

Result<Verdict> Matcher::MatchAll(const FilterCall& call) {
  ASSIGN_OR_RETURN(Verdict verdict, Match(call.calls[0]));
  for (std::size_t i = 1; i < call.calls.size(); ++i) {
    if (call.op == FilterOp::kAnd && verdict.IsFalse()) break;
    ASSIGN_OR_RETURN(const Verdict found, Match(call.calls[i]));
    if (call.op == FilterOp::kAnd) {
      Intersect(found, &verdict);
    } else {
      Unite(found, &verdict);
    }
  }
  return verdict;
}

Result<Verdict> Matcher::MatchLeaf(const FilterCall& call) {
  return call.references.size() == 2 ? MatchPairs(call)
                                     : MatchValues(call.references[0], TestOf(call));
}

Result<Verdict> Matcher::MatchValues(const FilterReference& reference, const Test& test) {
  Verdict verdict(CountOf(source_, table_));
  for (const FilterLevel level : LevelsOf(reference)) {
    Verdict found(CountOf(source_, level));
    ASSIGN_OR_RETURN(const auto columns, columns_.Find(reference, level));
    for (const FilterColumn& column : columns) {
      TRY(column.AddIf(source_, test, &found.holds));
      AddLostRows(*column.column, &found.unknown);
    }
    found.Settle();
    ASSIGN_OR_RETURN(const Verdict of_level, FromLevel(level, found));
    Unite(of_level, &verdict);
  }
  return verdict;
}

Result<Verdict> Matcher::FromLevel(FilterLevel level, const Verdict& of_level) const {
  Verdict verdict(CountOf(source_, table_));
  // Whatever is lost of which rows are whose: none of them would do.
  if (of_level.IsFalse()) return verdict;
  TRY(ForEachPair(level, [&](std::uint32_t row, std::uint32_t other) {
    if (of_level.holds.Has(other)) verdict.holds.Add(row);
    if (of_level.unknown.Has(other)) verdict.unknown.Add(row);
  }));
  ASSIGN_OR_RETURN(const RowSet lost, WithLost(level));
  verdict.unknown.Unite(lost);
  verdict.Settle();
  return verdict;
}

Result<RowSet> Matcher::WithLost(FilterLevel level) const {
  RowSet rows(CountOf(source_, table_), RowSet::Fill::kNone);
  if (level == table_) return rows;
  ASSIGN_OR_RETURN(RowSet spans, SpansWithLost(source_, OwnerOf(level)));
  if (table_ == FilterLevel::kSpan) return spans;
  if (spans.empty()) return rows;
  ASSIGN_OR_RETURN(const ScanColumnPtr parents, source_.Field(SpanFieldOf(table_)));
  for (std::size_t i = 0; i < parents->numbers.size(); ++i) {
    if (spans.Has(static_cast<std::size_t>(parents->numbers[i]))) rows.Add(parents->RowOf(i));
  }
  return rows;
}

Result<Verdict> Matcher::MatchPairs(const FilterCall& call) {
  ASSIGN_OR_RETURN(const RowValues left, ValuesOf(call.references[0]));
  ASSIGN_OR_RETURN(const RowValues right, ValuesOf(call.references[1]));
  Verdict verdict(left.values.size());
  Pace pace(source_);
  for (std::size_t row = 0; row < left.values.size(); ++row) {
    TRY(pace.Step());
    const bool holds = std::ranges::any_of(left.values[row], [&](const FilterValue& a) {
      return std::ranges::any_of(
          right.values[row], [&](const FilterValue& b) { return Holds(call.op, Compare(a, b)); });
    });
    const bool is_lost = left.lost.Has(row) || right.lost.Has(row);
    if (holds) {
      verdict.holds.Add(row);
    } else if (is_lost && left.MayHaveSome(row) && right.MayHaveSome(row)) {
      verdict.unknown.Add(row);
    }
  }
  return verdict;
}

Result<RowValues> Matcher::ValuesOf(const FilterReference& reference) {
  const std::size_t row_count = CountOf(source_, table_);
  RowValues found{std::vector<std::vector<FilterValue>>(row_count),
                  RowSet(row_count, RowSet::Fill::kNone)};
  for (const FilterLevel level : LevelsOf(reference)) {
    std::vector<std::vector<FilterValue>> of_level(CountOf(source_, level));
    RowSet lost_of_level(of_level.size(), RowSet::Fill::kNone);
    ASSIGN_OR_RETURN(const auto columns, columns_.Find(reference, level));
    for (const FilterColumn& column : columns) {
      TRY(column.ForEach(source_, [&](std::uint32_t row, const FilterValue& value) {
        of_level[row].push_back(value);
      }));
      AddLostRows(*column.column, &lost_of_level);
      kept_.push_back(column.column);
    }
    TRY(ForEachPair(level, [&](std::uint32_t row, std::uint32_t other) {
      std::vector<FilterValue>& values = found.values[row];
      values.insert(values.end(), of_level[other].begin(), of_level[other].end());
      if (lost_of_level.Has(other)) found.lost.Add(row);
    }));
    const bool has_any = !lost_of_level.empty() ||
                         std::ranges::any_of(of_level, [](const auto& v) { return !v.empty(); });
    if (!has_any) continue;
    ASSIGN_OR_RETURN(const RowSet lost, WithLost(level));
    found.lost.Unite(lost);
  }
  return found;
}

Status Matcher::ForEachPair(FilterLevel level,
                            const std::function<void(std::uint32_t, std::uint32_t)>& visit) const {
  if (level == table_) {
    const auto count = static_cast<std::uint32_t>(CountOf(source_, level));
    for (std::uint32_t row = 0; row < count; ++row) visit(row, row);
    return {};
  }
  ASSIGN_OR_RETURN(const std::vector<RowPair> pairs, PairsOfSpans(source_, level));
  if (table_ == FilterLevel::kSpan) {
    for (const auto& [span, row] : pairs) visit(span, row);
    return {};
  }
  ASSIGN_OR_RETURN(const ScanColumnPtr parents, source_.Field(SpanFieldOf(table_)));
  for (std::size_t i = 0; i < parents->numbers.size(); ++i) {
    const auto span = static_cast<std::uint32_t>(parents->numbers[i]);
    for (const auto& [_, other] : std::ranges::equal_range(pairs, span, {}, &RowPair::first)) {
      visit(parents->RowOf(i), other);
    }
  }
  return {};
}

}  // namespace

Result<RowSet> MatchFilter(const SpanSource& source, const FilterCall& filter) {
  FilterColumns columns(source);
  ASSIGN_OR_RETURN(Verdict verdict, Matcher(source, columns, FilterLevel::kSpan).Match(filter));
  return std::move(verdict.holds);
}

}  // namespace clew::query
