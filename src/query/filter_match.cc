#include "query/filter_match.h"

#include <re2/re2.h>

#include <algorithm>
#include <functional>
#include <utility>
#include <vector>

#include "query/filter_column.h"
#include "query/tag_match.h"

namespace clew::query {
namespace {

using storage::ScanColumnPtr;
using storage::SpanField;
using storage::SpanSource;
using Test = std::function<bool(const FilterValue&)>;
/// The values of each row.
using RowValues = std::vector<std::vector<FilterValue>>;

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
  Result<RowSet> Match(const FilterCall& call);

 private:
  static bool IsThere(const FilterValue&) { return true; }

  Result<RowSet> MatchAll(const FilterCall& call);
  Result<RowSet> MatchSome(const FilterCall& call);
  Result<RowSet> MatchLeaf(const FilterCall& call);
  Result<RowSet> MatchPairs(const FilterCall& call);
  Result<RowSet> MatchValues(const FilterReference& reference, const Test& test);
  Result<RowValues> ValuesOf(const FilterReference& reference);
  /// Calls visit(row of the table, row of the level) for all that belong together.
  Status ForEachPair(FilterLevel level,
                     const std::function<void(std::uint32_t, std::uint32_t)>& visit) const;

  const SpanSource& source_;
  FilterColumns& columns_;
  const FilterLevel table_;
  /// What the values of ValuesOf point into.
  std::vector<ScanColumnPtr> kept_;
};

Result<RowSet> Matcher::Match(const FilterCall& call) {
  switch (call.op) {
    case FilterOp::kAnd:
    case FilterOp::kOr:
      return MatchAll(call);
    case FilterOp::kNot: {
      ASSIGN_OR_RETURN(const RowSet held, Match(call.calls[0]));
      RowSet rest(held.row_count(), RowSet::Fill::kAll);
      rest.Subtract(held);
      return rest;
    }
    case FilterOp::kSome:
      return MatchSome(call);
    case FilterOp::kExists:
      return MatchValues(call.references[0], IsThere);
    case FilterOp::kNe:
    case FilterOp::kNotIn: {
      ASSIGN_OR_RETURN(RowSet present, MatchValues(call.references[0], IsThere));
      if (call.references.size() == 2) {
        ASSIGN_OR_RETURN(const RowSet other, MatchValues(call.references[1], IsThere));
        present.Intersect(other);
      }
      ASSIGN_OR_RETURN(const RowSet equal, MatchLeaf(call));
      present.Subtract(equal);
      return present;
    }
    default:
      return MatchLeaf(call);
  }
}

Result<RowSet> Matcher::MatchSome(const FilterCall& call) {
  ASSIGN_OR_RETURN(const RowSet found,
                   Matcher(source_, columns_, call.some_level).Match(call.calls[0]));
  RowSet rows(CountOf(source_, table_), RowSet::Fill::kNone);
  TRY(ForEachPair(call.some_level, [&](std::uint32_t row, std::uint32_t element) {
    if (found.Has(element)) rows.Add(row);
  }));
  return rows;
}

Result<RowSet> Matcher::MatchAll(const FilterCall& call) {
  ASSIGN_OR_RETURN(RowSet rows, Match(call.calls[0]));
  for (std::size_t i = 1; i < call.calls.size(); ++i) {
    if (call.op == FilterOp::kAnd && rows.empty()) break;
    ASSIGN_OR_RETURN(const RowSet found, Match(call.calls[i]));
    if (call.op == FilterOp::kAnd) {
      rows.Intersect(found);
    } else {
      rows.Unite(found);
    }
  }
  return rows;
}

Result<RowSet> Matcher::MatchLeaf(const FilterCall& call) {
  return call.references.size() == 2 ? MatchPairs(call)
                                     : MatchValues(call.references[0], TestOf(call));
}

Result<RowSet> Matcher::MatchValues(const FilterReference& reference, const Test& test) {
  RowSet rows(CountOf(source_, table_), RowSet::Fill::kNone);
  for (const FilterLevel level : LevelsOf(reference)) {
    RowSet found(CountOf(source_, level), RowSet::Fill::kNone);
    ASSIGN_OR_RETURN(const auto columns, columns_.Find(reference, level));
    for (const FilterColumn& column : columns) column.AddIf(test, &found);
    if (found.empty()) continue;
    TRY(ForEachPair(level, [&](std::uint32_t row, std::uint32_t of_level) {
      if (found.Has(of_level)) rows.Add(row);
    }));
  }
  return rows;
}

Result<RowSet> Matcher::MatchPairs(const FilterCall& call) {
  ASSIGN_OR_RETURN(const RowValues left, ValuesOf(call.references[0]));
  ASSIGN_OR_RETURN(const RowValues right, ValuesOf(call.references[1]));
  RowSet rows(left.size(), RowSet::Fill::kNone);
  for (std::size_t row = 0; row < left.size(); ++row) {
    const bool holds = std::ranges::any_of(left[row], [&](const FilterValue& a) {
      return std::ranges::any_of(
          right[row], [&](const FilterValue& b) { return Holds(call.op, Compare(a, b)); });
    });
    if (holds) rows.Add(row);
  }
  return rows;
}

Result<RowValues> Matcher::ValuesOf(const FilterReference& reference) {
  RowValues values(CountOf(source_, table_));
  for (const FilterLevel level : LevelsOf(reference)) {
    RowValues of_level(CountOf(source_, level));
    ASSIGN_OR_RETURN(const auto columns, columns_.Find(reference, level));
    for (const FilterColumn& column : columns) {
      column.ForEach(
          [&](std::uint32_t row, const FilterValue& value) { of_level[row].push_back(value); });
      kept_.push_back(column.column);
    }
    TRY(ForEachPair(level, [&](std::uint32_t row, std::uint32_t other) {
      values[row].insert(values[row].end(), of_level[other].begin(), of_level[other].end());
    }));
  }
  return values;
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
  return Matcher(source, columns, FilterLevel::kSpan).Match(filter);
}

}  // namespace clew::query
