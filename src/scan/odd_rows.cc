#include "scan/odd_rows.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "scan/owner_rows.h"
#include "scan/reference_columns.h"
#include "scan/value_column.h"

namespace clew::scan {
namespace {

using model::ValueType;

/// Of one table.
Truth OddRows(const std::vector<ColumnPtr>& columns, std::size_t row_count) {
  Truth odd(row_count);
  RowSet known(row_count, RowSet::Fill::kNone);
  for (const ColumnPtr& column : columns) {
    AddLostRows(*column, &odd.unknown);
    const bool is_odd = column->type == ValueType::kEmpty || column->type >= ValueType::kBytes;
    const bool has_one_a_row =
        column->rows.empty() || std::ranges::adjacent_find(column->rows) == column->rows.end();
    if (columns.size() == 1 && !is_odd && has_one_a_row) break;
    for (std::size_t i = 0; i < column->count(); ++i) {
      const std::uint32_t row = column->RowOf(i);
      if (is_odd || known.Has(row)) odd.holds.Add(row);
      known.Add(row);
    }
  }
  odd.Settle();
  return odd;
}

}  // namespace

Result<Truth> FindOdd(const expr::Reference& reference, const SpanSource& source,
                      model::Owner table) {
  Truth truth(RowCountOf(source, table));
  // Fields have one value.
  if (reference.field) return truth;
  for (const model::Owner owner : OwnersOf(reference)) {
    ASSIGN_OR_RETURN(const auto columns, source.AttributeRows(owner, reference.key));
    if (columns.empty()) continue;
    const Truth odd = OddRows(columns, RowCountOf(source, owner));
    ASSIGN_OR_RETURN(const Truth lifted, Lift(source, owner, odd, table));
    truth.Or(lifted);
  }
  return truth;
}

}  // namespace clew::scan
