#include "scan/value_pairs.h"

#include <cstdint>
#include <span>

#include "scan/owner_rows.h"
#include "scan/pace.h"
#include "scan/row_values.h"

namespace clew::scan {
namespace {

using expr::Expression;
using expr::Op;
using model::Owner;

/// Whether one of the left values compares with one of the right.
Result<bool> HoldsForSome(Op op, const ValueLists& left, const ValueLists& right, Pace* pace) {
  for (const std::span<const StoredValue> lefts : left) {
    for (const StoredValue& a : lefts) {
      for (const std::span<const StoredValue> rights : right) {
        for (const StoredValue& b : rights) {
          TRY(pace->Step(a.text.size() + b.text.size()));
          if (Holds(op, a, b)) return true;
        }
      }
    }
  }
  return false;
}

}  // namespace

Result<Truth> ComparePairs(const Expression& comparison, const SpanSource& source, Owner table,
                           Candidates candidates) {
  ASSIGN_OR_RETURN(const RowValues left, RowValues::Read(source, comparison.references[0], table));
  ASSIGN_OR_RETURN(const RowValues right, RowValues::Read(source, comparison.references[1], table));
  const auto row_count = static_cast<std::uint32_t>(RowCountOf(source, table));
  Truth truth(row_count);
  Pace pace(source);
  // Of one row after the other, in the same memory.
  ValueLists lefts;
  ValueLists rights;
  for (std::uint32_t row = 0; row < row_count; ++row) {
    if (candidates != nullptr && !candidates->Has(row)) continue;
    TRY(pace.Step());
    left.Find(row, &lefts);
    right.Find(row, &rights);
    ASSIGN_OR_RETURN(const bool holds, HoldsForSome(comparison.op, lefts, rights, &pace));
    const bool is_lost = left.MayHaveLost(row) || right.MayHaveLost(row);
    const bool may_have_both =
        (!lefts.empty() || left.MayHaveLost(row)) && (!rights.empty() || right.MayHaveLost(row));
    if (holds) {
      truth.holds.Add(row);
    } else if (is_lost && may_have_both) {
      truth.unknown.Add(row);
    }
  }
  return truth;
}

}  // namespace clew::scan
