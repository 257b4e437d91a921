#pragma once

#include <cstddef>
#include <utility>

#include "scan/row_set.h"

namespace clew::scan {

/// What is known of each row of a table: an expression holds for it, or it does not, or nobody
/// knows, as a value is lost.
struct Truth {
  /// It holds for none.
  explicit Truth(std::size_t row_count)
      : holds(row_count, RowSet::Fill::kNone), unknown(row_count, RowSet::Fill::kNone) {}
  static Truth True(std::size_t row_count) {
    Truth truth(row_count);
    truth.holds.Complement();
    return truth;
  }

  /// It holds for no row, and that is known.
  bool IsFalse() const { return holds.empty() && unknown.empty(); }
  /// What holds holds, whatever else is lost.
  void Settle() { unknown.Subtract(holds); }

  void And(const Truth& other) {
    RowSet may_hold = other.holds;
    may_hold.Unite(other.unknown);
    unknown.Unite(holds);
    unknown.Intersect(may_hold);
    holds.Intersect(other.holds);
    Settle();
  }
  void Or(const Truth& other) {
    holds.Unite(other.holds);
    unknown.Unite(other.unknown);
    Settle();
  }
  void Negate() {
    holds.Unite(unknown);
    holds.Complement();
  }

  // Without a common row:
  RowSet holds;
  RowSet unknown;
};

}  // namespace clew::scan
