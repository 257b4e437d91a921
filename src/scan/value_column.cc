#include "scan/value_column.h"

#include <algorithm>
#include <cstddef>
#include <type_traits>
#include <utility>

#include "model/service_name.h"
#include "scan/pace.h"
#include "scan/packed_kernels.h"

namespace clew::scan {
namespace {

using model::ValueType;
using EmptyText = ValueColumn::EmptyText;

}  // namespace

void AddLostRows(const Column& column, RowSet* rows) {
  if (column.is_lost) rows->Unite(RowSet(rows->row_count(), RowSet::Fill::kAll));
  for (const std::uint32_t row : column.lost) rows->Add(row);
}

StoredValue ValueColumn::ValueOf(std::string_view text) const {
  if (empty_text == EmptyText::kUnnamedSpan) text = model::OperationName(text);
  return {.type = type, .text = text};
}

StoredValue ValueColumn::ValueOf(std::int64_t number) const {
  if (words.empty()) return {.type = type, .number = number};
  const bool is_known = number >= 0 && std::cmp_less(number, words.size());
  return {.type = type, .text = words[is_known ? static_cast<std::size_t>(number) : 0]};
}

Status ValueColumn::AddTo(const SpanSource& source, const ValueTest& test, Candidates candidates,
                          Truth* truth) const {
  if (column->lost.empty()) {
    TRY(AddPassing(source, test, candidates, &truth->holds));
  } else {
    // What stands in the place of a lost value is a guess; another column may know better.
    RowSet lost(truth->holds.row_count(), RowSet::Fill::kNone);
    AddLostRows(*column, &lost);
    RowSet passing(truth->holds.row_count(), RowSet::Fill::kNone);
    TRY(AddPassing(source, test, candidates, &passing));
    passing.Subtract(lost);
    truth->holds.Unite(passing);
  }
  AddLostRows(*column, &truth->unknown);
  return {};
}

Status ValueColumn::AddPassing(const SpanSource& source, const ValueTest& test,
                               Candidates candidates, RowSet* rows) const {
  return std::visit(
      [&](const auto& all) {
        using Held = std::decay_t<decltype(all)>;
        if constexpr (std::is_same_v<Held, CodedTexts>) {
          return AddCoded(source, all, test, candidates, rows);
        } else if constexpr (std::is_same_v<Held, base::PackedNumbers>) {
          return AddNumbers(source, all, test, candidates, rows);
        } else if constexpr (std::is_same_v<Held, Presence>) {
          return AddEachPassing(source, test, rows);
        } else if constexpr (std::is_integral_v<typename Held::value_type>) {
          return AddNumbers(source, all, test, candidates, rows);
        } else {
          return AddEachPassing(source, test, rows);
        }
      },
      column->values);
}

template <typename Give>
Status ValueColumn::Ask(const SpanSource& source, const ValueTest& test, std::size_t count,
                        const Give& value_at, std::vector<std::uint8_t>* passes) const {
  // So many are asked for at once, or so much text: that long it takes to notice a stop.
  constexpr std::size_t kValuesMax = 1024;
  constexpr std::size_t kTextBytesMax = 64 << 10;
  passes->resize(count);
  std::vector<StoredValue> values;
  values.reserve(std::min(count, kValuesMax));
  Pace pace(source);
  for (std::size_t first = 0; first < count; first += values.size()) {
    values.clear();
    std::size_t text_bytes = 0;
    while (first + values.size() < count && values.size() < kValuesMax &&
           text_bytes < kTextBytesMax) {
      values.push_back(value_at(first + values.size()));
      text_bytes += values.back().text.size();
      TRY(pace.Step(values.back().text.size()));
    }
    test.each(values, passes->data() + first);
    if (empty_text != EmptyText::kAbsent) continue;
    for (std::size_t i = 0; i < values.size(); ++i) {
      if (values[i].text.empty()) (*passes)[first + i] = 0;
    }
  }
  return {};
}

Status ValueColumn::AddCoded(const SpanSource& source, const CodedTexts& texts,
                             const ValueTest& test, Candidates candidates, RowSet* rows) const {
  std::vector<std::uint8_t> passes;
  TRY(Ask(
      source, test, texts.dictionary.size(),
      [&](std::size_t code) { return ValueOf(texts.dictionary[code]); }, &passes));
  const auto first = std::ranges::find(passes, 1);
  if (first == passes.end()) return {};
  const auto end = std::find(first, passes.end(), 0);
  const bool is_range = std::find(end, passes.end(), 1) == passes.end();
  std::visit(
      [&](const auto& codes) {
        using Codes = std::decay_t<decltype(codes)>;
        if constexpr (!std::is_same_v<Codes, base::PackedNumbers>) {
          AddRows(
              column->rows, codes.size(), candidates,
              [&](std::size_t i) { return passes[codes[i]]; }, rows);
        } else if (is_range) {
          const RangeTest range{first - passes.begin(), end - passes.begin() - 1};
          AddPackedRows(column->rows, codes, candidates, range, rows);
        } else {
          AddPackedRows(column->rows, codes, candidates, LookupTest{passes}, rows);
        }
      },
      texts.codes);
  return {};
}

template <typename Numbers>
Status ValueColumn::AddNumbers(const SpanSource& source, const Numbers& numbers,
                               const ValueTest& test, Candidates candidates, RowSet* rows) const {
  constexpr bool kIsPacked = std::is_same_v<Numbers, base::PackedNumbers>;
  const auto add = [&](const auto& passes) {
    if constexpr (kIsPacked) {
      const NumberTest<std::decay_t<decltype(passes)>> each{passes};
      AddPackedRows(column->rows, numbers, candidates, each, rows);
    } else {
      AddRows(
          column->rows, numbers.size(), candidates,
          [&](std::size_t i) { return passes(static_cast<std::int64_t>(numbers[i])); }, rows);
    }
  };
  std::vector<std::uint8_t> holds;
  const auto ask = [&](std::size_t count) {
    return Ask(
        source, test, count, [&](std::size_t i) { return ValueOf(static_cast<std::int64_t>(i)); },
        &holds);
  };
  if (!words.empty()) {
    TRY(ask(words.size()));
    add([&](std::int64_t number) {
      const auto word = static_cast<std::uint64_t>(number);
      return holds[word < holds.size() ? word : 0];
    });
  } else if (type == ValueType::kBool) {
    TRY(ask(2));
    add([&](std::int64_t number) { return holds[static_cast<std::size_t>(number != 0)]; });
  } else if (type == ValueType::kInt && test.ints) {
    const auto [least, most] = *test.ints;
    if (least > most) return {};
    if constexpr (kIsPacked) {
      AddPackedRows(column->rows, numbers, candidates, RangeTest{least, most}, rows);
    } else {
      add([&](std::int64_t number) {
        return static_cast<unsigned>(number >= least) & static_cast<unsigned>(number <= most);
      });
    }
  } else {
    return AddEachPassing(source, test, rows);
  }
  return {};
}

Status ValueColumn::AddEachPassing(const SpanSource& source, const ValueTest& test,
                                   RowSet* rows) const {
  const std::size_t count = column->count();
  std::vector<std::uint8_t> passes;
  TRY(std::visit(
      [&](const auto& all) {
        return Ask(source, test, count, [&](std::size_t i) { return ValueIn(all, i); }, &passes);
      },
      column->values));
  for (std::size_t i = 0; i < count; ++i) {
    if (passes[i] != 0) rows->Add(column->RowOf(i));
  }
  return {};
}

}  // namespace clew::scan
