#include "storage/format/tag_counter.h"

#include <algorithm>
#include <array>
#include <functional>
#include <utility>

namespace clew::storage {
namespace {

// Of all values, as they are kept.
constexpr std::uint64_t kCountedBytesMax = 4 * kTagRollUpBytesMax;

// Equal codes follow each other often: to count them in one table each would wait for the one
// before it.
std::vector<std::uint32_t> CountCodes(std::span<const std::uint32_t> codes,
                                      std::size_t code_count) {
  constexpr std::size_t kTables = 4;
  if (code_count == 1) return {static_cast<std::uint32_t>(codes.size())};
  std::vector<std::uint32_t> counts(kTables * code_count);
  const std::array<std::uint32_t*, kTables> tables = {counts.data(), counts.data() + code_count,
                                                      counts.data() + 2 * code_count,
                                                      counts.data() + 3 * code_count};
  std::size_t i = 0;
  for (; i + kTables <= codes.size(); i += kTables) {
    ++tables[0][codes[i]];
    ++tables[1][codes[i + 1]];
    ++tables[2][codes[i + 2]];
    ++tables[3][codes[i + 3]];
  }
  for (; i < codes.size(); ++i) ++tables[0][codes[i]];
  for (std::size_t code = 0; code < code_count; ++code) {
    counts[code] += tables[1][code] + tables[2][code] + tables[3][code];
  }
  counts.resize(code_count);
  return counts;
}

void Sort(std::vector<TagValue>* values) {
  std::ranges::sort(*values, [](const TagValue& a, const TagValue& b) {
    return a.number != b.number ? a.number < b.number : a.text < b.text;
  });
}

bool HaveRoom(std::span<const std::string_view> texts) {
  if (texts.size() > kRolledValuesMax) return false;
  std::uint64_t bytes = 0;
  for (const std::string_view text : texts) bytes += text.size();
  return bytes <= kRolledValueBytesMax;
}

TagName NameOf(ColumnField field) { return {.field = field}; }

TagValue ValueOf(std::string_view text, std::uint64_t count) {
  return {.text = std::string(text), .count = count};
}
TagValue ValueOf(std::int64_t number, std::uint64_t count) {
  return {.number = number, .count = count};
}
std::uint64_t BytesOf(std::string_view text) { return text.size(); }
std::uint64_t BytesOf(std::int64_t number) { return sizeof(number); }

}  // namespace

void TagCounter::AddTexts(TagName name, std::span<const std::uint32_t> codes,
                          std::span<const std::string_view> dictionary) {
  if (is_too_many()) return;
  if (!HaveRoom(dictionary)) return AddCount(std::move(name), codes.size());
  const std::vector<std::uint32_t> counts = CountCodes(codes, dictionary.size());
  TagCount& tag = tags_.emplace_back(std::move(name), codes.size(), true);
  tag.values.reserve(dictionary.size());
  for (std::size_t i = 0; i < dictionary.size(); ++i) {
    // Nobody has those of rows for which others stand.
    if (counts[i] > 0) tag.values.push_back(ValueOf(dictionary[i], counts[i]));
  }
  Sort(&tag.values);
}

void TagCounter::AddNumbers(TagName name, const DistinctNumbers& numbers) {
  if (is_too_many()) return;
  std::uint64_t value_count = 0;
  for (const std::uint32_t count : numbers.counts()) value_count += count;
  if (numbers.all().size() > kRolledValuesMax) return AddCount(std::move(name), value_count);
  TagCount& tag = tags_.emplace_back(std::move(name), value_count, true);
  tag.values.reserve(numbers.all().size());
  for (std::size_t i = 0; i < numbers.all().size(); ++i) {
    tag.values.push_back(ValueOf(numbers.all()[i], numbers.counts()[i]));
  }
  Sort(&tag.values);
}

void TagCounter::AddCount(TagName name, std::uint64_t value_count) {
  if (!is_too_many()) tags_.emplace_back(std::move(name), value_count, false);
}

void TagCounter::AddOperation(std::string_view service, std::string_view name, std::int64_t kind,
                              std::uint64_t span_count) {
  services_[std::string(service)] += span_count;
  names_[name] += span_count;
  kinds_[kind] += span_count;
}

template <typename Value>
void TagCounter::AddField(ColumnField field, const CountsOf<Value>& counts) {
  TagCount tag{.name = NameOf(field), .has_values = counts.size() <= kRolledValuesMax};
  std::uint64_t bytes = 0;
  for (const auto& [value, count] : counts) {
    tag.value_count += count;
    bytes += BytesOf(value);
  }
  tag.has_values = tag.has_values && bytes <= kRolledValueBytesMax;
  if (tag.has_values) {
    for (const auto& [value, count] : counts) tag.values.push_back(ValueOf(value, count));
  }
  tags_.push_back(std::move(tag));
}

// They are kept until the block is written: no more than that takes of one row group.
void TagCounter::Fit() {
  std::vector<std::pair<std::uint64_t, TagCount*>> by_size;
  std::uint64_t all = 0;
  for (TagCount& tag : tags_) {
    std::uint64_t size = 0;
    for (const TagValue& value : tag.values) size += sizeof(TagValue) + value.text.size();
    by_size.emplace_back(size, &tag);
    all += size;
  }
  std::ranges::sort(by_size, std::greater());
  for (const auto& [size, tag] : by_size) {
    if (all <= kCountedBytesMax) break;
    all -= size;
    tag->has_values = false;
    tag->values = std::vector<TagValue>();
  }
}

std::optional<TagCounts> TagCounter::Take() {
  AddField(ColumnField::kOperationService, services_);
  AddField(ColumnField::kName, names_);
  AddField(ColumnField::kKind, kinds_);
  if (is_too_many()) return std::nullopt;
  Fit();
  std::ranges::sort(tags_, {}, &TagCount::name);
  tags_.shrink_to_fit();
  return std::move(tags_);
}

}  // namespace clew::storage
