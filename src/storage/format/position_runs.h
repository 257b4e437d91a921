#pragma once

#include <cstddef>
#include <cstdint>
#include <numeric>
#include <span>
#include <vector>

#include "base/vocabulary.h"
#include "storage/encoding/number_page.h"

namespace clew::storage {

inline std::vector<std::uint32_t> AllPositions(std::uint32_t value_count) {
  std::vector<std::uint32_t> positions(value_count);
  std::iota(positions.begin(), positions.end(), 0u);
  return positions;
}

/// Calls `visit(zone, first, count)` for each run of positions that lie in one zone one after the
/// other: positions[first] … positions[first + count - 1].
template <typename Visit>
Status ForEachRun(std::span<const std::uint32_t> positions, Visit visit) {
  std::size_t first = 0;
  while (first < positions.size()) {
    const std::uint32_t zone = positions[first] / kZoneValues;
    std::size_t end = first + 1;
    while (end < positions.size() && positions[end] == positions[end - 1] + 1 &&
           positions[end] / kZoneValues == zone) {
      ++end;
    }
    TRY(visit(zone, first, end - first));
    first = end;
  }
  return {};
}

}  // namespace clew::storage
