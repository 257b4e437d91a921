#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "expr/field.h"
#include "storage/format/column_schema.h"
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

  /// Writes the fields of the table of `kOwner` in the order of their list: those that are stored
  /// as they are and for which `is_wanted(field)`, which is constexpr. What a search may ask for by
  /// its value goes to the filters, and what lists of tags have is counted (asked_fields.h).
  template <model::Owner kOwner, typename IsWanted>
  void Fields(IsWanted is_wanted) {
    model::ForEachField<kOwner>([&](auto field) {
      using Field = decltype(field);
      if constexpr (IsPlain(kColumnOf<Field>) && is_wanted(field)) {
        Write(kColumnOf<Field>, merged_.TableOf(kOwner),
              &Field::template Of<const model::SpanColumns>);
      }
    });
  }
  template <model::Owner kOwner>
  void Fields() {
    Fields<kOwner>([](auto) { return true; });
  }
  /// Rows of another table: for each batch, for each of its rows there, the new row.
  void Rows(ColumnField field, const MergedTable& table, ColumnOf<std::uint32_t> column,
            const std::vector<std::vector<std::uint32_t>>& new_rows);
  std::vector<std::string_view> Gather(const MergedTable& table,
                                       ColumnOf<std::string_view> column) const;
  /// Gives the texts as they were written; nothing when they are not coded.
  std::optional<PageWriter::Interned> Texts(ColumnField field,
                                            const std::vector<std::string_view>& texts);

 private:
  void Write(ColumnField field, const MergedTable& table, ColumnOf<std::int32_t> column);
  void Write(ColumnField field, const MergedTable& table, ColumnOf<std::uint32_t> column);
  void Write(ColumnField field, const MergedTable& table, ColumnOf<std::int64_t> column);
  void Write(ColumnField field, const MergedTable& table, ColumnOf<std::string_view> column);
  void Write(ColumnField field, const MergedTable& table, ColumnOf<TraceId> column);
  void Write(ColumnField field, const MergedTable& table, ColumnOf<SpanId> column);
  void Numbers(ColumnField field, const std::vector<std::int64_t>& numbers);
  // The words that the numbers of a column stand for.
  void AddWords(expr::Field asked, const std::vector<std::int64_t>& numbers);
  void CountNumbers(ColumnField field, const std::vector<std::int64_t>& numbers);

  const MergedBatches& merged_;
  PageWriter& pages_;
  FilterKeyCollector& filter_keys_;
  TagCounter& tags_;
};

}  // namespace clew::storage
