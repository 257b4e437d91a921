#include "scan/evaluate.h"

#include <algorithm>
#include <cstddef>
#include <optional>
#include <utility>
#include <vector>

#include "scan/kernels.h"
#include "scan/owner_rows.h"
#include "scan/pace.h"
#include "scan/value_column.h"

namespace clew::scan {
namespace {

using expr::Expression;
using expr::Op;
using expr::Reference;
using model::Owner;

/// The values that a reference names in the table of one owner.
struct OwnerValues {
  std::vector<std::vector<StoredValue>> values;  // of each of its rows
  OwnerRows rows;
};

/// What a reference names, of each row of a table: values stay where they are stored once.
struct RowValues {
  std::vector<OwnerValues> owners;
  /// Rows that may have lost some.
  RowSet lost;

  /// Those of `row` are in the lists.
  void Find(std::uint32_t row, std::vector<const std::vector<StoredValue>*>* lists) const {
    lists->clear();
    for (const OwnerValues& owner : owners) {
      owner.rows.ForEach(row, [&](std::uint32_t of_owner) {
        if (!owner.values[of_owner].empty()) lists->push_back(&owner.values[of_owner]);
      });
    }
  }
};

using ValueLists = std::vector<const std::vector<StoredValue>*>;

/// Whether one of the left values compares with one of the right.
Result<bool> HoldsForSome(Op op, const ValueLists& left, const ValueLists& right, Pace* pace) {
  for (const std::vector<StoredValue>* lefts : left) {
    for (const StoredValue& a : *lefts) {
      for (const std::vector<StoredValue>* rights : right) {
        for (const StoredValue& b : *rights) {
          TRY(pace->Step(a.text.size() + b.text.size()));
          if (Holds(op, a, b)) return true;
        }
      }
    }
  }
  return false;
}

/// Answers with rows of one table: spans, or inside kSome events or links.
class Evaluator {
 public:
  Evaluator(const SpanSource& source, Owner table) : source_(source), table_(table) {}

  /// Of rows that are no candidates it may say anything. Recursion ends with the depth of the
  /// expression.
  Result<Truth> Evaluate(const Expression& expression, Candidates candidates);

 private:
  Result<Truth> EvaluateGroup(const Expression& group, Candidates candidates);
  Result<Truth> EvaluateSome(const Expression& some);
  Result<Truth> CompareWithLiterals(const Expression& comparison, Candidates candidates);
  Result<Truth> CompareWithValues(const Expression& comparison, Candidates candidates);
  Result<RowValues> ValuesOf(const Reference& reference);

  static std::vector<Owner> OwnersOf(const Reference& reference) {
    if (reference.field) return {expr::InfoOf(*reference.field).owner};
    const auto owners = expr::OwnersOf(reference.scope);
    return {owners.begin(), owners.end()};
  }

  const SpanSource& source_;
  const Owner table_;
  /// What the values of ValuesOf point into.
  std::vector<ColumnPtr> kept_;
};

Result<Truth> Evaluator::Evaluate(const Expression& expression, Candidates candidates) {
  TRY(source_.Check());
  switch (expression.op) {
    case Op::kAnd:
    case Op::kOr:
      return EvaluateGroup(expression, candidates);
    case Op::kNot: {
      ASSIGN_OR_RETURN(Truth truth, Evaluate(expression.operands[0], candidates));
      truth.Negate();
      return truth;
    }
    case Op::kSome:
      return EvaluateSome(expression);
    default:
      return expression.references.size() == 2 ? CompareWithValues(expression, candidates)
                                               : CompareWithLiterals(expression, candidates);
  }
}

Result<Truth> Evaluator::EvaluateGroup(const Expression& group, Candidates candidates) {
  const bool is_and = group.op == Op::kAnd;
  const std::size_t row_count = RowCountOf(source_, table_);
  Truth truth = is_and ? Truth::True(row_count) : Truth(row_count);
  // What an operand says of rows for which another one does not hold, does not matter.
  std::optional<RowSet> left;
  for (const Expression& operand : group.operands) {
    if (is_and && truth.IsFalse()) break;
    ASSIGN_OR_RETURN(const Truth found, Evaluate(operand, left ? &*left : candidates));
    if (is_and) {
      truth.And(found);
      left = truth.holds;
      left->Unite(truth.unknown);
      if (candidates != nullptr) left->Intersect(*candidates);
    } else {
      truth.Or(found);
    }
  }
  return truth;
}

Result<Truth> Evaluator::EvaluateSome(const Expression& some) {
  ASSIGN_OR_RETURN(const Truth found,
                   Evaluator(source_, some.owner).Evaluate(some.operands[0], nullptr));
  return Lift(source_, some.owner, found, table_);
}

Result<Truth> Evaluator::CompareWithLiterals(const Expression& comparison, Candidates candidates) {
  const Reference& reference = comparison.references[0];
  Truth truth(RowCountOf(source_, table_));
  for (const Owner owner : OwnersOf(reference)) {
    const ValueTest test = TestOf(comparison, owner);
    ASSIGN_OR_RETURN(const auto columns, FindColumns(source_, reference, owner, test.ints));
    if (columns.empty()) continue;
    Truth of_owner(RowCountOf(source_, owner));
    const Candidates of_table = owner == table_ ? candidates : nullptr;
    for (const ValueColumn& column : columns) TRY(column.AddTo(source_, test, of_table, &of_owner));
    of_owner.Settle();
    ASSIGN_OR_RETURN(const Truth lifted, Lift(source_, owner, of_owner, table_));
    truth.Or(lifted);
  }
  return truth;
}

Result<Truth> Evaluator::CompareWithValues(const Expression& comparison, Candidates candidates) {
  ASSIGN_OR_RETURN(const RowValues left, ValuesOf(comparison.references[0]));
  ASSIGN_OR_RETURN(const RowValues right, ValuesOf(comparison.references[1]));
  const auto row_count = static_cast<std::uint32_t>(RowCountOf(source_, table_));
  Truth truth(row_count);
  Pace pace(source_);
  ValueLists lefts;
  ValueLists rights;
  for (std::uint32_t row = 0; row < row_count; ++row) {
    if (candidates != nullptr && !candidates->Has(row)) continue;
    TRY(pace.Step());
    left.Find(row, &lefts);
    right.Find(row, &rights);
    ASSIGN_OR_RETURN(const bool holds, HoldsForSome(comparison.op, lefts, rights, &pace));
    const bool is_lost = left.lost.Has(row) || right.lost.Has(row);
    const bool may_have_both =
        (!lefts.empty() || left.lost.Has(row)) && (!rights.empty() || right.lost.Has(row));
    if (holds) {
      truth.holds.Add(row);
    } else if (is_lost && may_have_both) {
      truth.unknown.Add(row);
    }
  }
  return truth;
}

Result<RowValues> Evaluator::ValuesOf(const Reference& reference) {
  RowValues found{.owners = {}, .lost = RowSet(RowCountOf(source_, table_), RowSet::Fill::kNone)};
  for (const Owner owner : OwnersOf(reference)) {
    OwnerValues of_owner;
    of_owner.values.resize(RowCountOf(source_, owner));
    Truth lost(of_owner.values.size());
    bool is_any = false;
    ASSIGN_OR_RETURN(const auto columns, FindColumns(source_, reference, owner));
    for (const ValueColumn& column : columns) {
      TRY(column.ForEach(source_, [&](std::uint32_t row, const StoredValue& value) {
        of_owner.values[row].push_back(value);
        is_any = true;
      }));
      AddLostRows(*column.column, &lost.holds);
      kept_.push_back(column.column);
    }
    if (!is_any && lost.IsFalse()) continue;
    ASSIGN_OR_RETURN(const Truth lifted, Lift(source_, owner, lost, table_));
    found.lost.Unite(lifted.holds);
    ASSIGN_OR_RETURN(const RowSet lost_ties, RowsWithLost(source_, owner, table_));
    found.lost.Unite(lost_ties);
    ASSIGN_OR_RETURN(of_owner.rows, OwnerRows::Read(source_, owner, table_));
    found.owners.push_back(std::move(of_owner));
  }
  return found;
}

}  // namespace

Result<Truth> Evaluate(const Expression& expression, const SpanSource& source) {
  return Evaluator(source, Owner::kSpan).Evaluate(expression, nullptr);
}

}  // namespace clew::scan
