#include "model/attribute_index.h"

#include <algorithm>
#include <tuple>

namespace clew::model {

AttributeIndex::AttributeIndex(const SpanColumns& columns, Owner owner, std::size_t row_count)
    : starts_(row_count + 1, 0) {
  std::vector<const AttributeColumn*> mine;
  for (const AttributeColumn& column : columns.attributes) {
    if (column.owner == owner) mine.push_back(&column);
  }
  std::ranges::sort(mine, [](const AttributeColumn* a, const AttributeColumn* b) {
    return std::tie(a->key, a->type) < std::tie(b->key, b->type);
  });
  for (const AttributeColumn* column : mine) {
    for (const std::uint32_t row : column->rows) ++starts_[row + 1];
  }
  for (std::size_t row = 0; row < row_count; ++row) starts_[row + 1] += starts_[row];
  entries_.resize(starts_[row_count]);
  std::vector<std::uint32_t> next(starts_.begin(), starts_.end() - 1);
  for (const AttributeColumn* column : mine) {
    for (std::uint32_t position = 0; position < column->rows.size(); ++position) {
      entries_[next[column->rows[position]]++] = {column, position};
    }
  }
}

std::vector<std::uint32_t> ChildStarts(std::span<const std::uint32_t> span_rows,
                                       std::size_t span_count) {
  std::vector<std::uint32_t> starts(span_count + 1, 0);
  for (const std::uint32_t row : span_rows) ++starts[row + 1];
  for (std::size_t row = 0; row < span_count; ++row) starts[row + 1] += starts[row];
  return starts;
}

}  // namespace clew::model
