#include "storage/format/merged_attributes.h"

#include <algorithm>
#include <numeric>
#include <tuple>
#include <unordered_map>
#include <utility>

#include "storage/format/overflow_page.h"

namespace clew::storage {
namespace {

using model::AttributeColumn;
using model::Owner;
using model::ValueType;

struct ColumnKey {
  Owner owner;
  ValueType type;
  std::string_view key;
  bool operator==(const ColumnKey&) const = default;
};

struct ColumnKeyHash {
  std::size_t operator()(const ColumnKey& key) const {
    return std::hash<std::string_view>()(key.key) ^
           (static_cast<std::size_t>(key.owner) << 8 | static_cast<std::size_t>(key.type));
  }
};

std::vector<std::int64_t> NumbersInOrder(const MergedColumn& column, const OrderedValues& values) {
  std::vector<std::int64_t> all;
  all.reserve(column.value_count);
  for (const MergedColumn::Part& part : column.parts) {
    all.insert(all.end(), part.column->numbers.begin(), part.column->numbers.end());
  }
  std::vector<std::int64_t> numbers;
  numbers.reserve(values.sources.size());
  for (const std::uint32_t source : values.sources) numbers.push_back(all[source]);
  return numbers;
}

std::vector<std::string_view> AllTexts(const MergedColumn& column) {
  std::vector<std::string_view> all;
  all.reserve(column.value_count);
  for (const MergedColumn::Part& part : column.parts) {
    all.insert(all.end(), part.column->strings.begin(), part.column->strings.end());
  }
  return all;
}

scan::ValueKeys KeysOf(const MergedColumn& column) {
  return scan::ValueKeys::OfAttribute(column.owner, column.key);
}

TagName TagNameOf(const MergedColumn& column) {
  return {.owner = column.owner, .type = column.type, .key = std::string(column.key)};
}

// Octets, arrays and lists are not: what is shown of them would have to be made of each.
void AddToFilter(const MergedColumn& column, std::span<const std::string_view> texts,
                 FilterKeyCollector* filter_keys) {
  if (column.type == ValueType::kString) {
    filter_keys->AddTexts(KeysOf(column), texts);
  } else {
    filter_keys->LeaveOut(KeysOf(column));
  }
}

// The same of a column in which almost every value is another one.
void AddDiverseToFilter(const MergedColumn& column, std::span<const std::string_view> texts,
                        FilterKeyCollector* filter_keys) {
  if (column.type == ValueType::kString) {
    filter_keys->AddDiverseTexts(KeysOf(column), texts);
  } else {
    filter_keys->LeaveOut(KeysOf(column));
  }
}

// What the values of a column are collected for beside the pages.
struct Collectors {
  FilterKeyCollector& filter_keys;
  TagCounter& tags;
};

// Of a column with pages of its own, or in the overflow page.
void AddNumbers(const MergedColumn& column, std::span<const std::int64_t> numbers,
                Collectors& collectors) {
  DistinctNumbers distinct(numbers.size());
  for (const std::int64_t number : numbers) {
    if (distinct.Add(number)) continue;
    collectors.filter_keys.LeaveOut(KeysOf(column));
    collectors.tags.AddCount(TagNameOf(column), numbers.size());
    return;
  }
  collectors.filter_keys.AddNumbers(KeysOf(column), column.type, distinct);
  collectors.tags.AddNumbers(TagNameOf(column), distinct);
}

// What the values of all columns are written to.
struct Output {
  PageWriter& pages;
  Collectors collectors;
  TextInterner interner{};
};

// Interns in the order of arrival, where the text lies in memory one after the other, and brings
// only the codes into the new order.
void WriteTexts(ColumnEntry entry, const MergedColumn& column, const OrderedValues& values,
                Output& out) {
  const std::vector<std::string_view> all = AllTexts(column);
  out.interner.Clear();
  const std::vector<std::uint32_t> codes = out.interner.InternAll(all, IsTooDiverse);
  if (codes.size() < all.size()) {
    std::vector<std::string_view> texts;
    texts.reserve(values.sources.size());
    for (const std::uint32_t source : values.sources) texts.push_back(all[source]);
    out.pages.Plain(std::move(entry), texts);
    AddDiverseToFilter(column, texts, &out.collectors.filter_keys);
    out.collectors.tags.AddCount(TagNameOf(column), texts.size());
    return;
  }
  std::vector<std::uint32_t> ordered;
  ordered.reserve(values.sources.size());
  for (const std::uint32_t source : values.sources) ordered.push_back(codes[source]);
  out.pages.Dictionary(std::move(entry), ordered, out.interner.texts());
  AddToFilter(column, out.interner.texts(), &out.collectors.filter_keys);
  if (column.type == ValueType::kString) {
    out.collectors.tags.AddTexts(TagNameOf(column), ordered, out.interner.texts());
  } else {
    out.collectors.tags.AddCount(TagNameOf(column), ordered.size());
  }
}

void WriteColumn(const MergedBatches& merged, const MergedColumn& column, Output& out) {
  const OrderedValues values = OrderValues(merged, column);
  ColumnEntry entry;
  entry.owner = column.owner;
  entry.type = column.type;
  entry.key = column.key;
  entry =
      out.pages.WithRows(std::move(entry), values.rows, merged.TableOf(column.owner).row_count());
  out.collectors.filter_keys.AddPresence(KeysOf(column));
  if (column.type == ValueType::kEmpty) {
    out.collectors.tags.AddCount(TagNameOf(column), values.rows.size());
    out.pages.None(std::move(entry), static_cast<std::uint32_t>(values.rows.size()));
  } else if (model::HoldsText(column.type)) {
    WriteTexts(std::move(entry), column, values, out);
  } else {
    const std::vector<std::int64_t> numbers = NumbersInOrder(column, values);
    out.pages.Numbers(std::move(entry), numbers);
    AddNumbers(column, numbers, out.collectors);
  }
}

OverflowColumn ToOverflow(const MergedBatches& merged, const MergedColumn& column,
                          Collectors& collectors) {
  const OrderedValues values = OrderValues(merged, column);
  OverflowColumn overflow;
  overflow.owner = column.owner;
  overflow.type = column.type;
  overflow.key = column.key;
  overflow.rows = values.rows;
  collectors.filter_keys.AddPresence(KeysOf(column));
  if (model::HoldsText(column.type)) {
    const std::vector<std::string_view> all = AllTexts(column);
    for (const std::uint32_t source : values.sources) overflow.texts.push_back(all[source]);
    AddToFilter(column, overflow.texts, &collectors.filter_keys);
  } else if (column.type != ValueType::kEmpty) {
    overflow.numbers = NumbersInOrder(column, values);
    AddNumbers(column, overflow.numbers, collectors);
    return overflow;
  }
  // Their texts have no dictionary.
  collectors.tags.AddCount(TagNameOf(column), values.rows.size());
  return overflow;
}

}  // namespace

std::vector<MergedColumn> CollectColumns(const MergedBatches& merged) {
  std::vector<MergedColumn> columns;
  std::unordered_map<ColumnKey, std::size_t, ColumnKeyHash> known;
  for (std::uint32_t batch = 0; batch < merged.batches.size(); ++batch) {
    for (const AttributeColumn& column : merged.batches[batch]->attributes) {
      const auto [entry, is_new] =
          known.try_emplace({column.owner, column.type, column.key}, columns.size());
      if (is_new) columns.push_back({column.owner, column.type, column.key, {}, 0});
      MergedColumn& target = columns[entry->second];
      target.parts.push_back({batch, &column});
      target.value_count += column.count();
    }
  }
  std::ranges::sort(columns, [](const MergedColumn& a, const MergedColumn& b) {
    return std::tie(b.value_count, a.owner, a.key, a.type) <
           std::tie(a.value_count, b.owner, b.key, b.type);
  });
  return columns;
}

namespace {

// Calls `visit(row, source)` for each value that stays, in the order of the parts.
template <typename Visit>
void ForEachPlaced(const MergedTable& table, const MergedColumn& column, Visit visit) {
  std::uint32_t source = 0;
  for (const MergedColumn::Part& part : column.parts) {
    const std::vector<std::uint32_t>& places = table.places[part.batch];
    for (const std::uint32_t row : part.column->rows) {
      if (places[row] != MergedTable::kAbsorbed) visit(places[row], source);
      ++source;
    }
  }
}

using PlacedValue = std::pair<std::uint32_t, std::uint32_t>;  // row, source

// For columns of which there may be as many as there are values: nothing is done for each row.
OrderedValues OrderFew(const MergedTable& table, const MergedColumn& column) {
  std::vector<PlacedValue> placed;
  placed.reserve(column.value_count);
  ForEachPlaced(table, column,
                [&](std::uint32_t row, std::uint32_t source) { placed.emplace_back(row, source); });
  std::ranges::sort(placed);
  OrderedValues values;
  values.rows.reserve(placed.size());
  values.sources.reserve(placed.size());
  for (const auto& [row, source] : placed) {
    values.rows.push_back(row);
    values.sources.push_back(source);
  }
  return values;
}

// At most one value a row is the common case: each finds its place without sorting.
OrderedValues OrderMany(const MergedTable& table, const MergedColumn& column) {
  constexpr std::uint32_t kNoValue = 0xffffffff;
  std::vector<std::uint32_t> slots(table.row_count(), kNoValue);
  std::vector<PlacedValue> repeated;
  ForEachPlaced(table, column, [&](std::uint32_t row, std::uint32_t source) {
    if (slots[row] == kNoValue) {
      slots[row] = source;
    } else {
      repeated.emplace_back(row, source);
    }
  });
  std::ranges::sort(repeated);
  OrderedValues values;
  std::size_t next = 0;
  for (std::uint32_t row = 0; row < slots.size(); ++row) {
    if (slots[row] == kNoValue) continue;
    values.rows.push_back(row);
    values.sources.push_back(slots[row]);
    for (; next < repeated.size() && repeated[next].first == row; ++next) {
      values.rows.push_back(row);
      values.sources.push_back(repeated[next].second);
    }
  }
  return values;
}

}  // namespace

OrderedValues OrderValues(const MergedBatches& merged, const MergedColumn& column) {
  const MergedTable& table = merged.TableOf(column.owner);
  const bool is_rare = column.value_count < table.row_count() / 16;
  return is_rare ? OrderFew(table, column) : OrderMany(table, column);
}

void WriteAttributes(const MergedBatches& merged, const std::vector<MergedColumn>& columns,
                     std::size_t column_count_max, PageWriter* writer,
                     FilterKeyCollector* filter_keys, TagCounter* tags) {
  Output out{*writer, {*filter_keys, *tags}};
  const std::size_t own = std::min(columns.size(), column_count_max);
  for (std::size_t i = 0; i < own; ++i) WriteColumn(merged, columns[i], out);
  if (own == columns.size()) return;
  std::vector<OverflowColumn> overflow;
  for (std::size_t i = own; i < columns.size(); ++i) {
    overflow.push_back(ToOverflow(merged, columns[i], out.collectors));
  }
  ColumnEntry entry;
  entry.field = ColumnField::kOverflow;
  writer->Overflow(std::move(entry), static_cast<std::uint32_t>(overflow.size()),
                   EncodeOverflow(overflow));
}

}  // namespace clew::storage
