#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "storage/format/distinct_numbers.h"
#include "storage/format/tag_roll_up.h"

namespace clew::storage {

/// Counts the values of one row group, tag by tag, for the roll-up of its block. Each tag comes
/// once; one keeps values within the bounds of a roll-up only (tag_roll_up.h).
class TagCounter {
 public:
  /// Value i is dictionary[codes[i]].
  void AddTexts(TagName name, std::span<const std::uint32_t> codes,
                std::span<const std::string_view> dictionary);
  void AddNumbers(TagName name, const DistinctNumbers& numbers);
  /// Of which the values are not kept.
  void AddCount(TagName name, std::uint64_t value_count);
  /// Of `span_count` spans. `name` outlives Take.
  void AddOperation(std::string_view service, std::string_view name, std::int64_t kind,
                    std::uint64_t span_count);

  /// Nothing when there are more tags than a roll-up holds.
  std::optional<TagCounts> Take();

 private:
  template <typename Value>
  using CountsOf = std::map<Value, std::uint64_t>;

  template <typename Value>
  void AddField(ColumnField field, const CountsOf<Value>& counts);
  void Fit();

  bool is_too_many() const { return tags_.size() > kRolledTagsMax; }

  TagCounts tags_;
  CountsOf<std::string> services_;
  CountsOf<std::string_view> names_;
  CountsOf<std::int64_t> kinds_;
};

}  // namespace clew::storage
