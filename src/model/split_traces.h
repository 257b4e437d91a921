#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <utility>
#include <vector>

#include "model/own_text.h"
#include "model/span_columns.h"
#include "model/stop_check.h"

namespace clew::model {

/// The traces of a batch, and each as columns by itself. Made in time linear in the batch, however
/// many there are; split in time linear in what is given. Keeps the batch alive. One thread.
class TraceSplitter {
 public:
  /// Fails with what `check` says only.
  static Result<std::unique_ptr<const TraceSplitter>> Make(SpanColumnsPtr columns,
                                                           const StopCheck& check = {});

  /// In order of first appearance.
  const std::vector<TraceId>& ids() const { return ids_; }
  /// What each of them takes at most, by MemoryOf, once it is split off.
  const std::vector<std::uint64_t>& bytes_max() const { return bytes_max_; }
  /// About what this takes, with the tables of the batch, but without its text.
  std::uint64_t table_bytes() const { return table_bytes_; }

  using Edit = std::function<void(SpanColumns*)>;
  /// By the place of their ids: the spans of each trace that is wanted in their order, with what
  /// they use of other tables, in memory of their own (model::OwnText). Null for the others. Each
  /// passes through `edit`, if given, before its texts are copied; it makes none longer. Fails with
  /// what `check` says only.
  Result<std::vector<SpanColumnsPtr>> Split(const std::vector<bool>& is_wanted,
                                            const StopCheck& check = {},
                                            const Edit& edit = {}) const;

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

  /// What attributes take, of a row or of all rows that a trace uses.
  struct AttributeCost {
    std::uint64_t value_bytes = 0;
    std::uint64_t column_count = 0;
    TextLength values;
    TextLength keys;  // of each column once
  };
  /// Those of row r: uses[starts[r]], … uses[starts[r + 1] - 1].
  struct UseList {
    std::vector<Use> uses;
    std::vector<std::uint32_t> starts;
  };
  using Parts = std::vector<std::shared_ptr<SpanColumns>>;

  explicit TraceSplitter(SpanColumnsPtr columns) : columns_(std::move(columns)) {}
  Status Build(const StopCheck& check);
  Table& TableOf(Owner owner) { return tables_[static_cast<std::size_t>(owner)]; }
  const Table& TableOf(Owner owner) const { return tables_[static_cast<std::size_t>(owner)]; }
  void GroupSpans();
  void GroupUsed(Owner owner, const Column<std::uint32_t>& indexes);
  void GroupChildren(Owner owner, const Column<std::uint32_t>& span_rows);
  void ListUses(Table* table, std::size_t row_count) const;
  Status CountBytes(const StopCheck& check);
  Status CountAttributes(Owner owner, const StopCheck& check, std::vector<TextLength>* texts);
  Status CountSharedAttributes(Owner owner, const StopCheck& check, std::vector<TextLength>* texts);
  void FillTables(std::uint32_t trace, SpanColumns* out) const;
  /// Of the traces that have a part.
  UseList WantedUses(Owner owner, const Parts& parts) const;
  Status FillAttributes(const StopCheck& check, Parts* parts) const;

  SpanColumnsPtr columns_;
  std::vector<TraceId> ids_;
  /// Empty when there is one trace only, which is mostly so.
  std::vector<Table> tables_;
  std::vector<std::uint64_t> bytes_max_;
  /// How many attribute columns each of them has, at most.
  std::vector<std::uint32_t> column_counts_;
  std::uint64_t table_bytes_ = 0;
};

}  // namespace clew::model
