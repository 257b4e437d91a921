#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <vector>

namespace clew::storage::testing {

/// Where what is below a row of a trace ends, as docs/formats/block.md tells readers to find it:
/// `parents` are rows of the trace, greater ones where there is none.
inline std::uint32_t EndBelow(const std::vector<std::uint32_t>& parents, std::uint32_t row) {
  std::uint32_t end = row + 1;
  while (end < parents.size() && parents[end] >= row && parents[end] < end) ++end;
  return end;
}

/// Every row that reaches `row` by going up is in [row, EndBelow), and no other.
inline void ExpectSubtreesAreRanges(const std::vector<std::uint32_t>& parents) {
  const auto count = static_cast<std::uint32_t>(parents.size());
  for (std::uint32_t row = 0; row < count; ++row) {
    const std::uint32_t end = EndBelow(parents, row);
    for (std::uint32_t other = 0; other < count; ++other) {
      std::uint32_t at = other;
      while (at != row && parents[at] < at) at = parents[at];
      EXPECT_EQ(at == row, other >= row && other < end) << row << " " << other;
    }
  }
}

}  // namespace clew::storage::testing
