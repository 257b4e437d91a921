#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "model/value.h"
#include "scan/grams.h"
#include "scan/value_keys.h"
#include "storage/format/distinct_numbers.h"

namespace clew::storage {

/// What a filter of values is made of: the keys (scan::ValueKeys) of what some spans hold.
struct FilterKeys {
  struct Column {
    std::uint64_t left_out_key = 0;
    /// Ascending, each once; none when the column is left out.
    std::vector<std::uint64_t> keys{};
    bool is_left_out = false;
    /// Of one that is left out, those of the grams of its texts, and that they are all there:
    /// nothing when there is something else than texts, or too much of them.
    std::optional<std::vector<std::uint64_t>> gram_keys{};
  };
  /// Which attributes there are. Ascending, each once.
  std::vector<std::uint64_t> presences;
  /// Ascending by left_out_key, each once.
  std::vector<Column> columns;
  /// There are so many columns that there is no filter: it would say too little for its size.
  bool is_too_many = false;

  /// Leaves out columns, those with most keys first, until a filter of `span_count` spans has room
  /// for the rest; then grams, in the same way.
  void Fit(std::uint64_t span_count);
  /// Of the filter, the places of what is left out included.
  std::uint64_t key_count() const;
};

/// About how much memory they take.
std::uint64_t MemoryOf(const FilterKeys& keys);

/// Of all spans of `parts`: what one of them leaves out is left out.
FilterKeys JoinFilterKeys(std::span<const FilterKeys* const> parts);

/// The bytes of the filter; none when there are too many columns.
std::string BuildValueFilter(const FilterKeys& keys);

/// Takes the values of one row group, column by column; those of a column may come in parts.
class FilterKeyCollector {
 public:
  /// `texts`: each at least once; those of overflow columns and of services may repeat.
  void AddTexts(const scan::ValueKeys& column, std::span<const std::string_view> texts);
  /// The same when they are too many to be told apart.
  void AddDiverseTexts(const scan::ValueKeys& column, std::span<const std::string_view> texts);
  /// `numbers`: all of a column of `type`: bools, whole numbers, or doubles by their bits.
  void AddNumbers(const scan::ValueKeys& column, model::ValueType type,
                  const DistinctNumbers& numbers);
  /// The values of the column are too many, or of a kind that is not asked for by its text alone.
  void LeaveOut(const scan::ValueKeys& column);
  void AddPresence(const scan::ValueKeys& column) { keys_.presences.push_back(column.Presence()); }

  /// What of it a filter of `span_count` spans has room for.
  FilterKeys Take(std::uint64_t span_count);

 private:
  std::optional<std::vector<std::uint64_t>> GramKeysOf(const scan::ValueKeys& column,
                                                       std::span<const std::string_view> texts);

  FilterKeys keys_;
  scan::GramSet grams_;
};

}  // namespace clew::storage
