#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <type_traits>
#include <variant>
#include <vector>

#include "scan/comparison.h"
#include "scan/kernels.h"
#include "scan/pace.h"
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
  template <typename Visit>
  Status ForEach(const SpanSource& source, const Visit& visit) const;

 private:
  bool IsThere(const StoredValue& value) const {
    return empty_text != EmptyText::kAbsent || !value.text.empty();
  }
  StoredValue ValueOf(std::string_view text) const;
  StoredValue ValueOf(std::int64_t number) const;
  /// Of the column, whose values are `all`.
  template <typename Held>
  StoredValue ValueIn(const Held& all, std::size_t position) const;
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

template <typename Held>
StoredValue ValueColumn::ValueIn(const Held& all, std::size_t position) const {
  if constexpr (std::is_same_v<Held, CodedTexts>) {
    return ValueOf(all.At(position));
  } else if constexpr (std::is_same_v<Held, Texts>) {
    return ValueOf(all[position]);
  } else if constexpr (std::is_same_v<Held, Presence>) {
    return {.type = type};
  } else if constexpr (std::is_same_v<Held, base::PackedNumbers>) {
    return ValueOf(all.At(position));
  } else if constexpr (std::is_integral_v<typename Held::value_type>) {
    return ValueOf(static_cast<std::int64_t>(all[position]));
  } else {
    return {};  // ids are compared as hex
  }
}

template <typename Visit>
Status ValueColumn::ForEach(const SpanSource& source, const Visit& visit) const {
  // What kind of values there are is asked once, not by each of them.
  return std::visit(
      [&](const auto& all) -> Status {
        const std::size_t count = column->count();
        Pace pace(source);
        auto lost = column->lost.begin();
        for (std::size_t i = 0; i < count; ++i) {
          TRY(pace.Step());
          const std::uint32_t row = column->RowOf(i);
          while (lost != column->lost.end() && *lost < row) ++lost;
          if (lost != column->lost.end() && *lost == row) continue;
          const StoredValue value = ValueIn(all, i);
          if (IsThere(value)) visit(row, value);
        }
        return {};
      },
      column->values);
}

}  // namespace clew::scan
