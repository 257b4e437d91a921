#include "scan/value_pairs.h"

#include <cstdint>
#include <utility>
#include <vector>

#include "scan/owner_rows.h"
#include "scan/pace.h"
#include "scan/reference_columns.h"

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
  /// What the values point into.
  std::vector<ColumnPtr> kept;

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

Result<RowValues> ValuesOf(const SpanSource& source, const Reference& reference, Owner table) {
  RowValues found{
      .owners = {}, .lost = RowSet(RowCountOf(source, table), RowSet::Fill::kNone), .kept = {}};
  for (const Owner owner : OwnersOf(reference)) {
    OwnerValues of_owner;
    of_owner.values.resize(RowCountOf(source, owner));
    Truth lost(of_owner.values.size());
    bool is_any = false;
    ASSIGN_OR_RETURN(const auto columns, FindColumns(source, reference, owner));
    for (const ValueColumn& column : columns) {
      TRY(column.ForEach(source, [&](std::uint32_t row, const StoredValue& value) {
        of_owner.values[row].push_back(value);
        is_any = true;
      }));
      AddLostRows(*column.column, &lost.holds);
      found.kept.push_back(column.column);
    }
    if (!is_any && lost.IsFalse()) continue;
    ASSIGN_OR_RETURN(const Truth lifted, Lift(source, owner, lost, table));
    found.lost.Unite(lifted.holds);
    ASSIGN_OR_RETURN(const RowSet lost_ties, RowsWithLost(source, owner, table));
    found.lost.Unite(lost_ties);
    ASSIGN_OR_RETURN(of_owner.rows, OwnerRows::Read(source, owner, table));
    found.owners.push_back(std::move(of_owner));
  }
  return found;
}

}  // namespace

Result<Truth> ComparePairs(const Expression& comparison, const SpanSource& source, Owner table,
                           Candidates candidates) {
  ASSIGN_OR_RETURN(const RowValues left, ValuesOf(source, comparison.references[0], table));
  ASSIGN_OR_RETURN(const RowValues right, ValuesOf(source, comparison.references[1], table));
  const auto row_count = static_cast<std::uint32_t>(RowCountOf(source, table));
  Truth truth(row_count);
  Pace pace(source);
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

}  // namespace clew::scan
