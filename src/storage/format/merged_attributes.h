#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "storage/format/filter_keys.h"
#include "storage/format/merged_batches.h"
#include "storage/format/page_writer.h"
#include "storage/format/tag_counter.h"

namespace clew::storage {

/// One attribute column of a row group: its parts in the batches, in batch order.
struct MergedColumn {
  model::Owner owner;
  model::ValueType type;
  std::string_view key;
  struct Part {
    std::uint32_t batch;
    const model::AttributeColumn* column;
  };
  std::vector<Part> parts;
  std::size_t value_count = 0;
};

/// The attribute columns of all batches, those with most values first.
std::vector<MergedColumn> CollectColumns(const MergedBatches& merged);

/// The values of a column in their new order: rows, and for each which value of which part.
struct OrderedValues {
  std::vector<std::uint32_t> rows;
  /// Position in the concatenation of the parts.
  std::vector<std::uint32_t> sources;
};
/// In time linear in the values, but for sorting, however many rows there are.
OrderedValues OrderValues(const MergedBatches& merged, const MergedColumn& column);

/// Writes `columns` as pages of their own; those from index `column_count_max` on go to the
/// overflow page. Their values are collected for filters, and counted.
void WriteAttributes(const MergedBatches& merged, const std::vector<MergedColumn>& columns,
                     std::size_t column_count_max, PageWriter* writer,
                     FilterKeyCollector* filter_keys, TagCounter* tags);

}  // namespace clew::storage
