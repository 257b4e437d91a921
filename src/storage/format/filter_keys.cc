#include "storage/format/filter_keys.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <iterator>
#include <utility>

#include "storage/encoding/bloom_filter.h"

namespace clew::storage {
namespace {

// Of a column, in one row group: with more it is left out.
constexpr std::size_t kValuesMax = DistinctNumbers::kValuesMax;
// A filter takes a byte a span at most, within these bounds.
constexpr std::uint64_t kFilterBytesMin = 4u << 10;
constexpr std::uint64_t kFilterBytesMax = 512u << 10;
// Of a column in one row group: the grams of more are not taken, for the time that takes.
constexpr std::size_t kGramTextBytesMax = 4u << 20;

void MakeUnique(std::vector<std::uint64_t>* keys) {
  std::ranges::sort(*keys);
  keys->erase(std::ranges::unique(*keys).begin(), keys->end());
}

// `= {}` would keep the room it has.
template <typename T>
void Free(std::vector<T>* elements) {
  *elements = std::vector<T>();
}

void LeaveOutValues(FilterKeys::Column* column) {
  column->is_left_out = true;
  Free(&column->keys);
}

// Brings columns that came in parts together.
std::vector<FilterKeys::Column> JoinColumns(std::vector<FilterKeys::Column> parts) {
  std::ranges::stable_sort(parts, {}, &FilterKeys::Column::left_out_key);
  std::vector<FilterKeys::Column> joined;
  for (FilterKeys::Column& part : parts) {
    if (joined.empty() || joined.back().left_out_key != part.left_out_key) {
      joined.push_back(std::move(part));
      continue;
    }
    FilterKeys::Column& whole = joined.back();
    if (part.is_left_out) LeaveOutValues(&whole);
    if (!part.gram_keys) whole.gram_keys.reset();
    if (whole.gram_keys) {
      whole.gram_keys->insert(whole.gram_keys->end(), part.gram_keys->begin(),
                              part.gram_keys->end());
    }
    if (!whole.is_left_out) whole.keys.insert(whole.keys.end(), part.keys.begin(), part.keys.end());
  }
  for (FilterKeys::Column& column : joined) {
    MakeUnique(&column.keys);
    if (column.gram_keys) MakeUnique(&*column.gram_keys);
  }
  return joined;
}

// Of as many columns as there is room for, those with the fewest first. `count`: of the keys that
// are there anyhow.
void FitGrams(std::uint64_t count, std::uint64_t bytes_max,
              std::vector<FilterKeys::Column>* columns) {
  std::vector<FilterKeys::Column*> by_size;
  for (FilterKeys::Column& column : *columns) {
    if (column.gram_keys) by_size.push_back(&column);
  }
  std::ranges::sort(by_size, {}, [](const FilterKeys::Column* column) {
    return std::pair(column->gram_keys->size(), column->left_out_key);
  });
  for (FilterKeys::Column* column : by_size) {
    count += column->gram_keys->size();
    if (BloomFilterBytes(count) > bytes_max) column->gram_keys.reset();
  }
}

void AddKeysOf(const scan::ValueKeys& column, model::ValueType type, std::int64_t number,
               std::vector<std::uint64_t>* keys) {
  if (type == model::ValueType::kBool) {
    keys->push_back(column.Text(number != 0 ? "true" : "false"));
  } else if (type == model::ValueType::kInt) {
    keys->push_back(column.Int(number));
  } else {
    const auto real = std::bit_cast<double>(number);
    keys->push_back(column.Real(real));
    // They are found by what they are shown as.
    if (!std::isfinite(real)) keys->push_back(column.Text(model::ValueToText({real})));
  }
}

}  // namespace

std::uint64_t FilterKeys::key_count() const {
  std::uint64_t count = presences.size();
  for (const Column& column : columns) {
    count += column.is_left_out ? 1 : column.keys.size();
    if (column.gram_keys) count += column.gram_keys->size();
  }
  return count;
}

void FilterKeys::Fit(std::uint64_t span_count) {
  const std::uint64_t bytes_max = std::clamp(span_count, kFilterBytesMin, kFilterBytesMax);
  std::vector<Column*> by_size;
  for (Column& column : columns) by_size.push_back(&column);
  std::ranges::sort(by_size, std::greater(), [](const Column* column) {
    return std::pair(column->keys.size(), column->left_out_key);
  });
  std::uint64_t count = key_count();
  for (const Column& column : columns) {
    if (column.gram_keys) count -= column.gram_keys->size();
  }
  for (Column* column : by_size) {
    if (BloomFilterBytes(count) <= bytes_max || column->keys.size() <= 1) break;
    count -= column->keys.size() - 1;
    LeaveOutValues(column);
  }
  FitGrams(count, bytes_max, &columns);
  is_too_many = is_too_many || BloomFilterBytes(count) > bytes_max;
  if (!is_too_many) return;
  Free(&presences);
  Free(&columns);
}

std::uint64_t MemoryOf(const FilterKeys& keys) {
  std::uint64_t size = keys.presences.capacity() * sizeof(std::uint64_t) +
                       keys.columns.capacity() * sizeof(FilterKeys::Column);
  for (const FilterKeys::Column& column : keys.columns) {
    size += column.keys.capacity() * sizeof(std::uint64_t);
    if (column.gram_keys) size += column.gram_keys->capacity() * sizeof(std::uint64_t);
  }
  return size;
}

FilterKeys JoinFilterKeys(std::span<const FilterKeys* const> parts) {
  FilterKeys all;
  for (const FilterKeys* part : parts) {
    all.is_too_many = all.is_too_many || part->is_too_many;
    all.presences.insert(all.presences.end(), part->presences.begin(), part->presences.end());
    all.columns.insert(all.columns.end(), part->columns.begin(), part->columns.end());
  }
  MakeUnique(&all.presences);
  all.columns = JoinColumns(std::move(all.columns));
  return all;
}

std::string BuildValueFilter(const FilterKeys& keys) {
  if (keys.is_too_many) return {};
  std::vector<std::uint64_t> all = keys.presences;
  for (const FilterKeys::Column& column : keys.columns) {
    all.insert(all.end(), column.keys.begin(), column.keys.end());
    if (column.is_left_out) all.push_back(column.left_out_key);
    if (column.gram_keys) {
      all.insert(all.end(), column.gram_keys->begin(), column.gram_keys->end());
    }
  }
  return BuildBloomFilter(all);
}

void FilterKeyCollector::AddTexts(const scan::ValueKeys& column,
                                  std::span<const std::string_view> texts) {
  FilterKeys::Column& added = keys_.columns.emplace_back(column.LeftOut());
  added.keys.reserve(std::min(texts.size(), 4 * kValuesMax));
  for (const std::string_view text : texts) {
    // Nobody asks a filter for a text as long: what is shown in the place of malformed parts is
    // never shorter than they are.
    if (text.size() > scan::kFilterTextBytesMax) continue;
    added.keys.push_back(column.Text(text));
    if (added.keys.size() < 4 * kValuesMax) continue;
    // Rows may repeat their texts.
    MakeUnique(&added.keys);
    if (added.keys.size() > kValuesMax) break;
  }
  MakeUnique(&added.keys);
  if (added.keys.size() <= kValuesMax) return;
  LeaveOutValues(&added);
  added.gram_keys = GramKeysOf(column, texts);
}

void FilterKeyCollector::AddDiverseTexts(const scan::ValueKeys& column,
                                         std::span<const std::string_view> texts) {
  LeaveOut(column);
  keys_.columns.back().gram_keys = GramKeysOf(column, texts);
}

std::optional<std::vector<std::uint64_t>> FilterKeyCollector::GramKeysOf(
    const scan::ValueKeys& column, std::span<const std::string_view> texts) {
  std::size_t byte_count = 0;
  for (const std::string_view text : texts) byte_count += text.size();
  if (byte_count > kGramTextBytesMax) return std::nullopt;
  const bool is_sound =
      std::ranges::all_of(texts, [this](std::string_view text) { return grams_.Add(text); });
  const std::vector<scan::Gram> grams = grams_.Take();
  if (!is_sound) return std::nullopt;
  const auto has_grams = column.HasGrams();
  std::vector<std::uint64_t> keys(has_grams.begin(), has_grams.end());
  keys.reserve(keys.size() + grams.size());
  for (const scan::Gram gram : grams) keys.push_back(column.OfGram(gram));
  MakeUnique(&keys);
  return keys;
}

void FilterKeyCollector::AddNumbers(const scan::ValueKeys& column, model::ValueType type,
                                    const DistinctNumbers& numbers) {
  FilterKeys::Column& added = keys_.columns.emplace_back(column.LeftOut());
  for (const std::int64_t number : numbers.all()) AddKeysOf(column, type, number, &added.keys);
}

void FilterKeyCollector::LeaveOut(const scan::ValueKeys& column) {
  keys_.columns.push_back({.left_out_key = column.LeftOut(), .is_left_out = true});
}

FilterKeys FilterKeyCollector::Take(std::uint64_t span_count) {
  MakeUnique(&keys_.presences);
  keys_.columns = JoinColumns(std::move(keys_.columns));
  keys_.Fit(span_count);
  // They are kept until the block is written.
  keys_.presences.shrink_to_fit();
  keys_.columns.shrink_to_fit();
  for (FilterKeys::Column& column : keys_.columns) {
    column.keys.shrink_to_fit();
    if (column.gram_keys) column.gram_keys->shrink_to_fit();
  }
  return std::move(keys_);
}

}  // namespace clew::storage
