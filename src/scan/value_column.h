#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <span>
#include <string_view>
#include <vector>

#include "expr/expression.h"
#include "scan/comparison.h"
#include "scan/row_set.h"
#include "scan/span_source.h"
#include "scan/truth.h"

namespace clew::scan {

/// Values of one type of what a reference names, in the table of one owner.
struct ValueColumn {
  /// What an empty text says.
  enum class EmptyText { kItself, kAbsent, kUnnamedSpan };

  ColumnPtr column{};
  model::ValueType type = model::ValueType::kEmpty;
  EmptyText empty_text = EmptyText::kItself;
  /// The texts that the numbers of the column stand for; unknown ones for the first.
  std::span<const std::string_view> words{};

  /// Adds the rows of the table with a value that passes, which is asked once for each entry of a
  /// dictionary, and as unknown those that have lost one. Errors are those of source.Check().
  Status AddTo(const SpanSource& source, const ValueTest& test, Truth* truth) const;
  /// Calls visit(row, value) for each value that is there, and of no row that has lost one.
  Status ForEach(const SpanSource& source,
                 const std::function<void(std::uint32_t, const StoredValue&)>& visit) const;

 private:
  bool IsThere(const StoredValue& value) const {
    return empty_text != EmptyText::kAbsent || !value.text.empty();
  }
  StoredValue ValueOf(std::string_view text) const;
  StoredValue ValueOf(std::int64_t number) const;
  StoredValue ValueAt(std::size_t position) const;
  /// As AddTo, without asking which rows are lost.
  Status AddPassing(const SpanSource& source, const ValueTest& test, RowSet* rows) const;
};

/// The rows of which `column` may have lost a value.
void AddLostRows(const Column& column, RowSet* rows);

/// Finds the columns of references in one source. What a scan does not offer is read as a whole,
/// once.
class ValueColumns {
 public:
  /// `source` outlives it.
  explicit ValueColumns(const SpanSource& source) : source_(source) {}

  /// `owner` is one of those of the reference.
  Result<std::vector<ValueColumn>> Find(const expr::Reference& reference, model::Owner owner);

 private:
  Result<ValueColumn> FindField(expr::Field field);
  Result<ValueColumn> FindServices() const;
  Result<ValueColumn> FromScan(SpanField field, ValueColumn column) const;
  /// What only reading all of the spans tells.
  Result<ValueColumn> FromAll(expr::Field field);
  /// Null when something of it is damaged: which values are not what they were is not told.
  Result<model::SpanColumnsPtr> All(ReadExtent extent);

  const SpanSource& source_;
  /// By extent.
  std::map<ReadExtent, model::SpanColumnsPtr> all_;
};

}  // namespace clew::scan
