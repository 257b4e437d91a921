#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "expr/expression.h"
#include "scan/owner_rows.h"
#include "scan/row_set.h"
#include "scan/span_source.h"
#include "scan/value_column.h"
#include "scan/value_order.h"

namespace clew::scan {

/// The values of a row, which lie together for each owner that has some.
using ValueLists = std::vector<std::span<const StoredValue>>;

/// What a reference names, of each row of a table: to be compared with what another one names
/// there. Values stay where they are stored once. Takes memory by columns, none by rows.
class RowValues {
 public:
  static Result<RowValues> Read(const SpanSource& source, const expr::Reference& reference,
                                model::Owner table);

  /// Those of `row` are in the lists, none of which is empty.
  void Find(std::uint32_t row, ValueLists* lists) const {
    lists->clear();
    for (const OwnerValues& owner : owners_) {
      owner.rows.ForEach(row, [&](std::uint32_t of_owner) {
        const auto values = owner.Of(of_owner);
        if (!values.empty()) lists->push_back(values);
      });
    }
  }
  bool MayHaveLost(std::uint32_t row) const { return lost_.Has(row); }

 private:
  /// Of the table of one owner.
  struct OwnerValues {
    std::span<const StoredValue> Of(std::uint32_t row) const {
      return std::span(values).subspan(begins[row], begins[row + 1] - begins[row]);
    }

    std::vector<StoredValue> values;    // by row
    std::vector<std::uint32_t> begins;  // where those of each row begin, and where all end
    OwnerRows rows;
  };

  /// Values as columns give them, one column after the other.
  struct Found {
    Status Add(const SpanSource& source, const ValueColumn& column);
    OwnerValues ByRow(std::size_t row_count) &&;

    std::vector<std::uint32_t> rows;  // of each value
    std::vector<StoredValue> values;
  };

  explicit RowValues(std::size_t row_count) : lost_(row_count, RowSet::Fill::kNone) {}

  std::vector<OwnerValues> owners_;
  RowSet lost_;
  std::vector<ColumnPtr> kept_;  // what the values point into
};

}  // namespace clew::scan
