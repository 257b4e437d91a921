#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "storage/encoding/byte_stream.h"
#include "storage/format/row_group.h"

namespace clew::storage {

/// Where a filter of a block lies: behind the pages.
struct FilterRef {
  std::uint64_t offset = 0;  // from the end of the pages
  std::uint64_t length = 0;  // 0: there is none
  std::uint64_t checksum = 0;

  bool operator==(const FilterRef&) const = default;
};

/// The filters of a block, and its roll-ups. Each is absent in blocks that were written without it.
struct FilterRefs {
  /// Of the ids of all traces.
  FilterRef traces;
  /// Of the values of all spans.
  FilterRef values;
  /// Not a filter: the checksums of pages of all filters, XXH3-64 of kFilterPageBytes each from the
  /// end of the pages of row groups on, by which one of them can be read alone.
  FilterRef page_checksums{};
  /// Of the values of each row group; empty, or one for each.
  std::vector<FilterRef> group_values;
  /// Of names (roll_up.h).
  FilterRef roll_up{};
  /// Of tags (tag_roll_up.h): their names, and their values.
  FilterRef tag_names{};
  FilterRef tag_values{};

  /// Bytes from the end of the pages to that of the last filter.
  std::uint64_t FiltersSize() const;
  /// Bytes from the end of the pages to that of the last of all.
  std::uint64_t ByteSize() const;
  bool operator==(const FilterRefs&) const = default;
};

inline constexpr std::uint64_t kFilterPageBytes = 4096;
/// The last page may be shorter.
inline std::uint64_t FilterPageCount(std::uint64_t byte_size) {
  return (byte_size + kFilterPageBytes - 1) / kFilterPageBytes;
}

struct BlockFilters {
  FilterRefs refs;
  std::string bytes;
};

/// Made of what the row groups hold. One row group has no filter besides that of the block;
/// without row groups there are none.
BlockFilters MakeBlockFilters(const std::vector<std::shared_ptr<const RowGroup>>& row_groups);

/// The contents of the footer's facts 3, 4, 6, 7 and 8.
std::string EncodeTraceFilterFact(const FilterRefs& refs);
std::string EncodeValueFilterFact(const FilterRefs& refs);
std::string EncodeRollUpFact(const FilterRefs& refs);
std::string EncodeFilterPagesFact(const FilterRefs& refs);
std::string EncodeTagsFact(const FilterRefs& refs);
/// False when `fact` is not that, or a filter would be no filter or reach past `room` bytes.
[[nodiscard]] bool DecodeTraceFilterFact(std::string_view fact, std::uint64_t room,
                                         FilterRefs* refs);
[[nodiscard]] bool DecodeValueFilterFact(std::string_view fact, std::uint64_t room,
                                         std::size_t group_count, FilterRefs* refs);
[[nodiscard]] bool DecodeRollUpFact(std::string_view fact, std::uint64_t room, FilterRefs* refs);
[[nodiscard]] bool DecodeFilterPagesFact(std::string_view fact, std::uint64_t room,
                                         FilterRefs* refs);
[[nodiscard]] bool DecodeTagsFact(std::string_view fact, std::uint64_t room, FilterRefs* refs);

}  // namespace clew::storage
