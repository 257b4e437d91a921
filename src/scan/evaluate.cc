#include "scan/evaluate.h"

#include <cstddef>
#include <optional>

#include "scan/kernels.h"
#include "scan/odd_rows.h"
#include "scan/owner_rows.h"
#include "scan/reference_columns.h"
#include "scan/value_pairs.h"

namespace clew::scan {
namespace {

using expr::Expression;
using expr::Op;
using expr::Reference;
using model::Owner;

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

  const SpanSource& source_;
  const Owner table_;
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
    case Op::kHasOdd:
      return FindOdd(expression.references[0], source_, table_);
    default:
      return expression.references.size() == 2
                 ? ComparePairs(expression, source_, table_, candidates)
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

}  // namespace

Result<Truth> Evaluate(const Expression& expression, const SpanSource& source) {
  return Evaluator(source, Owner::kSpan).Evaluate(expression, nullptr);
}

}  // namespace clew::scan
