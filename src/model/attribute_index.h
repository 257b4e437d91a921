#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "model/span_columns.h"

namespace clew::model {

/// The way back from columns to rows: for each row of one owner's table, which values it has.
/// Built in time linear in the number of values. Refers to the columns it was made from.
class AttributeIndex {
 public:
  struct Entry {
    const AttributeColumn* column;
    std::uint32_t position;  // of the value in the column

    std::string_view key() const { return column->key; }
    ValueType type() const { return column->type; }
    std::string_view text() const {
      return column->strings.empty() ? std::string_view() : column->strings[position];
    }
    std::int64_t number() const { return column->numbers.empty() ? 0 : column->numbers[position]; }
  };

  AttributeIndex(const SpanColumns& columns, Owner owner, std::size_t row_count);

  /// The row's values by key, then type, then their order.
  std::span<const Entry> Row(std::size_t row) const {
    return std::span(entries_).subspan(starts_[row], starts_[row + 1] - starts_[row]);
  }

 private:
  std::vector<std::uint32_t> starts_;
  std::vector<Entry> entries_;
};

/// For rows that belong to spans (events, links): row r of span s lies in [starts[s], starts[s+1]).
/// `span_rows` never descends.
std::vector<std::uint32_t> ChildStarts(std::span<const std::uint32_t> span_rows,
                                       std::size_t span_count);

}  // namespace clew::model
