#pragma once

#include <cstdint>
#include <vector>

#include "model/span_columns.h"

namespace clew::model {

/// The traces of a batch, and each as columns by itself. In time linear in the batch, however many
/// there are. Keeps the batch alive. One thread.
class TraceSplitter {
 public:
  explicit TraceSplitter(SpanColumnsPtr columns);

  /// In order of first appearance.
  const std::vector<TraceId>& ids() const { return ids_; }
  /// What each of them takes at most, by MemoryOf, once it is split off.
  const std::vector<std::uint64_t>& bytes_max() const { return bytes_max_; }
  /// About what this takes, with the tables of the batch, but without its text.
  std::uint64_t table_bytes() const { return table_bytes_; }

  /// By the place of their ids: the spans of each trace that is wanted in their order, with what
  /// they use of other tables, in memory of their own (model::OwnText). Null for the others.
  std::vector<SpanColumnsPtr> Split(const std::vector<bool>& is_wanted) const;

 private:
  /// A row of a table as one of the table of a trace.
  struct Use {
    std::uint32_t trace;
    std::uint32_t place;
  };
  /// Who uses the rows of a table: those of spans, events and links are of one trace each.
  struct Table {
    /// Of trace t, ascending: rows[starts[t]], … rows[starts[t + 1] - 1].
    std::vector<std::uint32_t> rows;
    std::vector<std::uint32_t> starts;
    /// The same by row.
    std::vector<Use> uses;
    std::vector<std::uint32_t> use_starts;
  };

  Table& TableOf(Owner owner) { return tables_[static_cast<std::size_t>(owner)]; }
  const Table& TableOf(Owner owner) const { return tables_[static_cast<std::size_t>(owner)]; }
  void GroupSpans();
  void GroupUsed(Owner owner, const Column<std::uint32_t>& indexes);
  void GroupChildren(Owner owner, const Column<std::uint32_t>& span_rows);
  void ListUses(Table* table, std::size_t row_count) const;
  void CountBytes();
  void FillTables(std::uint32_t trace, SpanColumns* out) const;
  void FillAttributes(const std::vector<bool>& is_wanted, std::vector<SpanColumns>* out) const;

  SpanColumnsPtr columns_;
  std::vector<TraceId> ids_;
  /// Empty when there is one trace only, which is mostly so.
  std::vector<Table> tables_;
  std::vector<std::uint64_t> bytes_max_;
  /// How many attribute columns each of them has.
  std::vector<std::uint32_t> column_counts_;
  std::uint64_t table_bytes_ = 0;
};

}  // namespace clew::model
