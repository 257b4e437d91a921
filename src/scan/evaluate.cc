#include "scan/evaluate.h"

#include <algorithm>
#include <cstddef>
#include <utility>
#include <vector>

#include "scan/owner_rows.h"
#include "scan/pace.h"
#include "scan/value_column.h"

namespace clew::scan {
namespace {

using SpanSource;
using expr::Expression;
using expr::Op;
using expr::Reference;
using model::Owner;

/// The values of each row, and those of which some may be lost.
struct RowValues {
  std::vector<std::vector<StoredValue>> values;
  RowSet lost;
  bool MayHaveSome(std::size_t row) const { return !values[row].empty() || lost.Has(row); }
};

/// Answers with rows of one table: spans, or inside kSome events or links.
class Evaluator {
 public:
  Evaluator(const SpanSource& source, ValueColumns& columns, Owner table)
      : source_(source), columns_(columns), table_(table) {}

  // Recursion ends with the depth of the expression.
  Result<Truth> Evaluate(const Expression& expression);

 private:
  Result<Truth> EvaluateGroup(const Expression& group);
  Result<Truth> EvaluateSome(const Expression& some);
  Result<Truth> CompareWithLiterals(const Expression& comparison);
  Result<Truth> CompareWithValues(const Expression& comparison);
  Result<RowValues> ValuesOf(const Reference& reference);

  static std::vector<Owner> OwnersOf(const Reference& reference) {
    if (reference.field) return {expr::InfoOf(*reference.field).owner};
    const auto owners = expr::OwnersOf(reference.scope);
    return {owners.begin(), owners.end()};
  }

  const SpanSource& source_;
  ValueColumns& columns_;
  const Owner table_;
  /// What the values of ValuesOf point into.
  std::vector<ColumnPtr> kept_;
};

Result<Truth> Evaluator::Evaluate(const Expression& expression) {
  TRY(source_.Check());
  switch (expression.op) {
    case Op::kAnd:
    case Op::kOr:
      return EvaluateGroup(expression);
    case Op::kNot: {
      ASSIGN_OR_RETURN(Truth truth, Evaluate(expression.operands[0]));
      truth.Negate();
      return truth;
    }
    case Op::kSome:
      return EvaluateSome(expression);
    default:
      return expression.references.size() == 2 ? CompareWithValues(expression)
                                               : CompareWithLiterals(expression);
  }
}

Result<Truth> Evaluator::EvaluateGroup(const Expression& group) {
  const bool is_and = group.op == Op::kAnd;
  const std::size_t row_count = RowCountOf(source_, table_);
  Truth truth = is_and ? Truth::True(row_count) : Truth(row_count);
  for (const Expression& operand : group.operands) {
    if (is_and && truth.IsFalse()) break;
    ASSIGN_OR_RETURN(const Truth found, Evaluate(operand));
    if (is_and) {
      truth.And(found);
    } else {
      truth.Or(found);
    }
  }
  return truth;
}

Result<Truth> Evaluator::EvaluateSome(const Expression& some) {
  ASSIGN_OR_RETURN(const Truth found,
                   Evaluator(source_, columns_, some.owner).Evaluate(some.operands[0]));
  return Lift(source_, some.owner, found, table_);
}

Result<Truth> Evaluator::CompareWithLiterals(const Expression& comparison) {
  const Reference& reference = comparison.references[0];
  Truth truth(RowCountOf(source_, table_));
  for (const Owner owner : OwnersOf(reference)) {
    ASSIGN_OR_RETURN(const auto columns, columns_.Find(reference, owner));
    if (columns.empty()) continue;
    const ValueTest test = TestOf(comparison, owner);
    Truth of_owner(RowCountOf(source_, owner));
    for (const ValueColumn& column : columns) TRY(column.AddTo(source_, test, &of_owner));
    of_owner.Settle();
    ASSIGN_OR_RETURN(const Truth lifted, Lift(source_, owner, of_owner, table_));
    truth.Or(lifted);
  }
  return truth;
}

Result<Truth> Evaluator::CompareWithValues(const Expression& comparison) {
  ASSIGN_OR_RETURN(const RowValues left, ValuesOf(comparison.references[0]));
  ASSIGN_OR_RETURN(const RowValues right, ValuesOf(comparison.references[1]));
  Truth truth(left.values.size());
  Pace pace(source_);
  for (std::size_t row = 0; row < left.values.size(); ++row) {
    TRY(pace.Step());
    const bool holds = std::ranges::any_of(left.values[row], [&](const StoredValue& a) {
      return std::ranges::any_of(right.values[row],
                                 [&](const StoredValue& b) { return Holds(comparison.op, a, b); });
    });
    const bool is_lost = left.lost.Has(row) || right.lost.Has(row);
    if (holds) {
      truth.holds.Add(row);
    } else if (is_lost && left.MayHaveSome(row) && right.MayHaveSome(row)) {
      truth.unknown.Add(row);
    }
  }
  return truth;
}

Result<RowValues> Evaluator::ValuesOf(const Reference& reference) {
  const std::size_t row_count = RowCountOf(source_, table_);
  RowValues found{std::vector<std::vector<StoredValue>>(row_count),
                  RowSet(row_count, RowSet::Fill::kNone)};
  for (const Owner owner : OwnersOf(reference)) {
    std::vector<std::vector<StoredValue>> of_owner(RowCountOf(source_, owner));
    RowSet lost_of_owner(of_owner.size(), RowSet::Fill::kNone);
    ASSIGN_OR_RETURN(const auto columns, columns_.Find(reference, owner));
    for (const ValueColumn& column : columns) {
      TRY(column.ForEach(source_, [&](std::uint32_t row, const StoredValue& value) {
        of_owner[row].push_back(value);
      }));
      AddLostRows(*column.column, &lost_of_owner);
      kept_.push_back(column.column);
    }
    const bool has_any = !lost_of_owner.empty() ||
                         std::ranges::any_of(of_owner, [](const auto& v) { return !v.empty(); });
    if (!has_any) continue;
    TRY(ForEachPair(source_, owner, table_, [&](std::uint32_t row, std::uint32_t other) {
      std::vector<StoredValue>& values = found.values[row];
      values.insert(values.end(), of_owner[other].begin(), of_owner[other].end());
      if (lost_of_owner.Has(other)) found.lost.Add(row);
    }));
    ASSIGN_OR_RETURN(const RowSet lost, RowsWithLost(source_, owner, table_));
    found.lost.Unite(lost);
  }
  return found;
}

}  // namespace

Result<Truth> Evaluate(const Expression& expression, const SpanSource& source) {
  ValueColumns columns(source);
  return Evaluator(source, columns, Owner::kSpan).Evaluate(expression);
}

}  // namespace clew::scan
