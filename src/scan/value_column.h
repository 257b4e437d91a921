#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string_view>
#include <vector>

#include "scan/comparison.h"
#include "scan/kernels.h"
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
  /// dictionary, and as unknown those that have lost one; of rows that are no candidates it may say
  /// anything. Errors are those of source.Check().
  Status AddTo(const SpanSource& source, const ValueTest& test, Candidates candidates,
               Truth* truth) const;
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
  Status AddPassing(const SpanSource& source, const ValueTest& test, Candidates candidates,
                    RowSet* rows) const;
  /// For each of `count` values, which value_at(i) gives, whether it passes.
  template <typename Give>
  Status Ask(const SpanSource& source, const ValueTest& test, std::size_t count,
             const Give& value_at, std::vector<std::uint8_t>* passes) const;
  Status AddCoded(const SpanSource& source, const CodedTexts& texts, const ValueTest& test,
                  Candidates candidates, RowSet* rows) const;
  template <typename Numbers>
  Status AddNumbers(const SpanSource& source, const Numbers& numbers, const ValueTest& test,
                    Candidates candidates, RowSet* rows) const;
  /// Asks for each value.
  Status AddEachPassing(const SpanSource& source, const ValueTest& test, RowSet* rows) const;
};

/// The rows of which `column` may have lost a value.
void AddLostRows(const Column& column, RowSet* rows);

}  // namespace clew::scan
