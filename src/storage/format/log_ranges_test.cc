#include "storage/format/log_ranges.h"

#include <gtest/gtest.h>

namespace clew::storage {
namespace {

/// Of partition `partition`.
LogRange Range(std::uint64_t begin, std::uint64_t end, std::uint32_t partition = 0) {
  return {{begin, partition}, {end, partition}};
}

bool AreSame(const std::vector<LogRange>& left, const std::vector<LogRange>& right) {
  if (left.size() != right.size()) return false;
  for (std::size_t i = 0; i < left.size(); ++i) {
    if (left[i].begin != right[i].begin || left[i].end != right[i].end) return false;
  }
  return true;
}

TEST(LogRanges, NeighboursAndOverlapsAreJoined) {
  EXPECT_TRUE(AreSame(JoinRanges({Range(20, 30), Range(0, 5), Range(5, 8), Range(25, 40)}),
                      {Range(0, 8), Range(20, 40)}));
}

TEST(LogRanges, ThoseOfTwoPartitionsAreNeverJoined) {
  EXPECT_TRUE(AreSame(JoinRanges({Range(0, 9, 1), Range(0, 9), Range(9, 12, 1), Range(7, 12)}),
                      {Range(0, 12), Range(0, 12, 1)}));
  EXPECT_TRUE(
      AreSame(JoinRanges({Range(5, 9, 2), Range(0, 5, 1)}), {Range(0, 5, 1), Range(5, 9, 2)}));
}

TEST(LogRanges, OneCoversNothingOfAnotherPartition) {
  const std::vector<LogRange> ranges = {Range(0, 100, 1)};

  EXPECT_TRUE(Covers(ranges, {{10, 1}, {20, 1}}));
  EXPECT_FALSE(Covers(ranges, {{10, 0}, {20, 0}}));
  EXPECT_FALSE(Covers(ranges, {{10, 2}, {20, 2}}));
  EXPECT_FALSE(Covers(ranges, {{90, 1}, {110, 1}}));
}

TEST(LogRanges, WhatIsNotCoveredIsTold) {
  const std::vector<LogRange> ranges = {Range(10, 20), Range(30, 40), Range(0, 100, 1)};

  EXPECT_TRUE(AreSame(Uncovered(ranges, Range(5, 35)), {Range(5, 10), Range(20, 30)}));
  EXPECT_TRUE(
      AreSame(Uncovered(ranges, Range(0, 50)), {Range(0, 10), Range(20, 30), Range(40, 50)}));
  EXPECT_TRUE(AreSame(Uncovered(ranges, Range(0, 50, 1)), {}));
  EXPECT_TRUE(AreSame(Uncovered(ranges, Range(90, 110, 1)), {Range(100, 110, 1)}));
  EXPECT_TRUE(AreSame(Uncovered(ranges, Range(0, 50, 2)), {Range(0, 50, 2)}));
}

}  // namespace
}  // namespace clew::storage
