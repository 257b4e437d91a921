#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "expr/field.h"
#include "storage/format/filter_keys.h"
#include "storage/format/merged_batches.h"
#include "storage/format/page_writer.h"
#include "storage/format/tag_counter.h"

namespace clew::storage {

/// Writes columns of merged tables, in the order of their new rows, as pages, and notes of their
/// values what filters and lists of tags want. One thread.
class TableWriter {
 public:
  /// A column of each batch.
  template <typename Value>
  using ColumnOf = const model::Column<Value>& (*)(const model::SpanColumns& batch);

  /// All of it outlives the writer.
  TableWriter(const MergedBatches& merged, PageWriter& pages, FilterKeyCollector& filter_keys,
              TagCounter& tags)
      : merged_(merged), pages_(pages), filter_keys_(filter_keys), tags_(tags) {}

  /// Give the numbers they wrote.
  std::vector<std::int64_t> Numbers(ColumnField field, const MergedTable& table,
                                    ColumnOf<std::int32_t> column);
  std::vector<std::int64_t> Numbers(ColumnField field, const MergedTable& table,
                                    ColumnOf<std::uint32_t> column);
  /// Rows of another table: for each batch, for each of its rows there, the new row.
  void Rows(ColumnField field, const MergedTable& table, ColumnOf<std::uint32_t> column,
            const std::vector<std::vector<std::uint32_t>>& new_rows);
  void Ids(ColumnField field, const MergedTable& table, ColumnOf<TraceId> column);
  void Ids(ColumnField field, const MergedTable& table, ColumnOf<SpanId> column);

  std::vector<std::string_view> Gather(const MergedTable& table,
                                       ColumnOf<std::string_view> column) const;
  /// Nothing when they are not coded.
  std::optional<PageWriter::Interned> Texts(ColumnField field, const MergedTable& table,
                                            ColumnOf<std::string_view> column);
  /// Those that a search may ask for as `asked`.
  void FilteredTexts(expr::Field asked, ColumnField field, const MergedTable& table,
                     ColumnOf<std::string_view> column);
  /// Those that may be listed, too.
  void CountedTexts(expr::Field asked, ColumnField field, const MergedTable& table,
                    ColumnOf<std::string_view> column);

  /// A search may ask for these texts, which were written already, as `asked`.
  void AddToFilter(expr::Field asked, const std::optional<PageWriter::Interned>& texts);
  /// The same of the words that the numbers of a column stand for.
  void AddWords(expr::Field asked, const std::vector<std::int64_t>& numbers);
  /// The numbers may be listed.
  void CountNumbers(ColumnField field, const std::vector<std::int64_t>& numbers);

 private:
  const MergedBatches& merged_;
  PageWriter& pages_;
  FilterKeyCollector& filter_keys_;
  TagCounter& tags_;
};

}  // namespace clew::storage
