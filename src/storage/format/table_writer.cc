#include "storage/format/table_writer.h"

#include <string>
#include <utility>

#include "storage/format/asked_fields.h"

namespace clew::storage {
namespace {

// Calls take(value, batch) for each row of the table, in its new order.
template <typename Value, typename Take>
void ForEachRow(const MergedBatches& merged, const MergedTable& table,
                TableWriter::ColumnOf<Value> column, const Take& take) {
  std::vector<const Value*> of_batches;
  of_batches.reserve(merged.batches.size());
  for (const model::SpanColumnsPtr& batch : merged.batches) {
    of_batches.push_back(column(*batch).data());
  }
  for (const RowOrigin origin : table.origins) take(of_batches[origin.batch][origin.row], origin);
}

template <typename Value, typename Number>
std::vector<std::int64_t> NumbersOf(const MergedBatches& merged, const MergedTable& table,
                                    TableWriter::ColumnOf<Value> column, const Number& number_of) {
  std::vector<std::int64_t> numbers;
  numbers.reserve(table.origins.size());
  ForEachRow(merged, table, column, [&](Value value, RowOrigin origin) {
    numbers.push_back(static_cast<std::int64_t>(number_of(value, origin)));
  });
  return numbers;
}

template <typename Id>
std::string BytesOf(const MergedBatches& merged, const MergedTable& table,
                    TableWriter::ColumnOf<Id> column) {
  std::string bytes;
  bytes.reserve(table.origins.size() * sizeof(Id::bytes));
  ForEachRow(merged, table, column, [&](const Id& id, RowOrigin) {
    bytes.append(reinterpret_cast<const char*>(id.bytes.data()), id.bytes.size());
  });
  return bytes;
}

}  // namespace

void TableWriter::Write(ColumnField field, const MergedTable& table,
                        ColumnOf<std::int32_t> column) {
  Numbers(field, NumbersOf(merged_, table, column, [](auto number, RowOrigin) { return number; }));
}

void TableWriter::Write(ColumnField field, const MergedTable& table,
                        ColumnOf<std::uint32_t> column) {
  Numbers(field, NumbersOf(merged_, table, column, [](auto number, RowOrigin) { return number; }));
}

void TableWriter::Write(ColumnField field, const MergedTable& table,
                        ColumnOf<std::int64_t> column) {
  Numbers(field, NumbersOf(merged_, table, column, [](auto number, RowOrigin) { return number; }));
}

void TableWriter::Write(ColumnField field, const MergedTable& table,
                        ColumnOf<std::string_view> column) {
  Texts(field, Gather(table, column));
}

void TableWriter::Write(ColumnField field, const MergedTable& table, ColumnOf<TraceId> column) {
  pages_.Fixed({.field = field}, BytesOf(merged_, table, column), sizeof(TraceId::bytes));
}

void TableWriter::Write(ColumnField field, const MergedTable& table, ColumnOf<SpanId> column) {
  pages_.Fixed({.field = field}, BytesOf(merged_, table, column), sizeof(SpanId::bytes));
}

void TableWriter::Numbers(ColumnField field, const std::vector<std::int64_t>& numbers) {
  pages_.Numbers({.field = field}, numbers);
  const AskedField* asked = FindAsked(field);
  if (asked == nullptr) return;
  AddWords(asked->asked, numbers);
  if (asked->counted == AskedField::Counted::kByColumn) CountNumbers(field, numbers);
}

void TableWriter::Rows(ColumnField field, const MergedTable& table, ColumnOf<std::uint32_t> column,
                       const std::vector<std::vector<std::uint32_t>>& new_rows) {
  pages_.Numbers({.field = field},
                 NumbersOf(merged_, table, column, [&](std::uint32_t row, RowOrigin origin) {
                   return new_rows[origin.batch][row];
                 }));
}

std::vector<std::string_view> TableWriter::Gather(const MergedTable& table,
                                                  ColumnOf<std::string_view> column) const {
  std::vector<std::string_view> texts;
  texts.reserve(table.origins.size());
  ForEachRow(merged_, table, column,
             [&](std::string_view text, RowOrigin) { texts.push_back(text); });
  return texts;
}

std::optional<PageWriter::Interned> TableWriter::Texts(ColumnField field,
                                                       const std::vector<std::string_view>& texts) {
  auto written = pages_.Texts({.field = field}, texts);
  const AskedField* asked = FindAsked(field);
  if (asked == nullptr) return written;
  const auto keys = scan::ValueKeys::OfField(asked->asked);
  if (written) {
    filter_keys_.AddTexts(keys, written->dictionary);
  } else {
    filter_keys_.LeaveOut(keys);
  }
  if (asked->counted != AskedField::Counted::kByColumn) return written;
  if (written) {
    tags_.AddTexts({.field = field}, written->codes, written->dictionary);
  } else {
    tags_.AddCount({.field = field}, texts.size());
  }
  return written;
}

void TableWriter::AddWords(expr::Field asked, const std::vector<std::int64_t>& numbers) {
  const auto words = expr::WordsOf(asked);
  std::vector<bool> is_there(words.size());
  for (const std::int64_t number : numbers) {
    const bool is_known = number >= 0 && std::cmp_less(number, words.size());
    is_there[is_known ? static_cast<std::size_t>(number) : 0] = true;
  }
  std::vector<std::string_view> found;
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (is_there[i]) found.push_back(words[i]);
  }
  filter_keys_.AddTexts(scan::ValueKeys::OfField(asked), found);
}

void TableWriter::CountNumbers(ColumnField field, const std::vector<std::int64_t>& numbers) {
  DistinctNumbers distinct(numbers.size());
  const TagName name{.field = field};
  for (const std::int64_t number : numbers) {
    if (!distinct.Add(number)) return tags_.AddCount(name, numbers.size());
  }
  tags_.AddNumbers(name, distinct);
}

}  // namespace clew::storage
