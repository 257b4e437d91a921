#include "scan/row_values.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include "scan/reference_columns.h"
#include "scan/truth.h"

namespace clew::scan {

Status RowValues::Found::Add(const SpanSource& source, const ValueColumn& column) {
  const std::size_t count_max = values.size() + column.column->count();
  rows.reserve(count_max);
  values.reserve(count_max);
  return column.ForEach(source, [this](std::uint32_t row, const StoredValue& value) {
    rows.push_back(row);
    values.push_back(value);
  });
}

RowValues::OwnerValues RowValues::Found::ByRow(std::size_t row_count) && {
  OwnerValues sorted;
  sorted.begins.resize(row_count + 1);
  for (const std::uint32_t row : rows) ++sorted.begins[row + 1];
  std::partial_sum(sorted.begins.begin(), sorted.begins.end(), sorted.begins.begin());
  // The rows of a column ascend; only those of a second one begin anew.
  if (std::ranges::is_sorted(rows)) {
    sorted.values = std::move(values);
    return sorted;
  }
  std::vector<std::uint32_t> next = sorted.begins;
  sorted.values.resize(values.size());
  for (std::size_t i = 0; i < values.size(); ++i) sorted.values[next[rows[i]]++] = values[i];
  return sorted;
}

Result<RowValues> RowValues::Read(const SpanSource& source, const expr::Reference& reference,
                                  model::Owner table) {
  RowValues read(RowCountOf(source, table));
  for (const model::Owner owner : OwnersOf(reference)) {
    const std::size_t row_count = RowCountOf(source, owner);
    Found found;
    Truth lost(row_count);
    ASSIGN_OR_RETURN(const auto columns, FindColumns(source, reference, owner));
    for (const ValueColumn& column : columns) {
      TRY(found.Add(source, column));
      AddLostRows(*column.column, &lost.holds);
      read.kept_.push_back(column.column);
    }
    if (found.values.empty() && lost.IsFalse()) continue;
    ASSIGN_OR_RETURN(const Truth lifted, Lift(source, owner, lost, table));
    read.lost_.Unite(lifted.holds);
    ASSIGN_OR_RETURN(const RowSet lost_ties, RowsWithLost(source, owner, table));
    read.lost_.Unite(lost_ties);
    OwnerValues of_owner = std::move(found).ByRow(row_count);
    ASSIGN_OR_RETURN(of_owner.rows, OwnerRows::Read(source, owner, table));
    read.owners_.push_back(std::move(of_owner));
  }
  return read;
}

}  // namespace clew::scan
