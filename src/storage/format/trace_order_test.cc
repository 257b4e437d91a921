#include "storage/format/trace_order.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "storage/format/test_subtrees.h"

namespace clew::storage {
namespace {

constexpr std::uint32_t kNo = DepthFirstOrder::kNoParent;
constexpr std::uint32_t kAway = DepthFirstOrder::kParentAway;

using testing::ExpectSubtreesAreRanges;
using Rows = std::vector<std::uint32_t>;

struct Arranged {
  Rows order;
  Rows parents;
};

Arranged Arrange(const std::vector<SpanLink>& spans) {
  DepthFirstOrder order;
  order.Arrange(spans);
  return {{order.order().begin(), order.order().end()},
          {order.parents().begin(), order.parents().end()}};
}

TEST(DepthFirstOrder, ChildrenComeBehindTheirParentInTheirOrder) {
  // 1 { 3 { 5 }, 4 }, 2 { 6 }
  const auto arranged = Arrange({{1, 0}, {2, 0}, {3, 1}, {4, 1}, {5, 3}, {6, 2}});

  EXPECT_EQ(arranged.order, (Rows{0, 2, 4, 3, 1, 5}));
  EXPECT_EQ(arranged.parents, (Rows{kNo, 0, 1, 0, kNo, 4}));
}

TEST(DepthFirstOrder, SpansWhoseParentIsAwayStandAtTheTop) {
  const auto arranged = Arrange({{3, 9}, {1, 0}, {2, 1}});

  EXPECT_EQ(arranged.order, (Rows{0, 1, 2}));
  EXPECT_EQ(arranged.parents, (Rows{kAway, kNo, 1}));
}

TEST(DepthFirstOrder, OneThatStartsBeforeItsParentComesBehindIt) {
  const auto arranged = Arrange({{2, 1}, {1, 0}});

  EXPECT_EQ(arranged.order, (Rows{1, 0}));
  EXPECT_EQ(arranged.parents, (Rows{kNo, 0}));
}

TEST(DepthFirstOrder, OfRepeatedIdsTheFirstIsTheParent) {
  // The second copy of 2 is found before the first when one goes down from 1.
  const auto arranged = Arrange({{2, 9}, {1, 0}, {2, 1}, {3, 2}});

  EXPECT_EQ(arranged.order, (Rows{0, 3, 1, 2}));
  EXPECT_EQ(arranged.parents, (Rows{kAway, 0, kNo, 2}));
}

TEST(DepthFirstOrder, CirclesAndSelvesBeginWithTheirFirst) {
  // 5 hangs below the circle 7 → 6 → 8 → 7; 1 is its own parent, its copy hangs below it.
  const auto arranged = Arrange({{5, 6}, {1, 1}, {6, 8}, {1, 1}, {7, 6}, {8, 7}});

  EXPECT_EQ(arranged.order, (Rows{1, 3, 2, 0, 4, 5}));
  EXPECT_EQ(arranged.parents, (Rows{0, 0, 5, 2, 2, 4}));
  ExpectSubtreesAreRanges(arranged.parents);
}

TEST(DepthFirstOrder, WhatIsBelowASpanIsARangeWhateverTheShape) {
  std::mt19937_64 random(7);
  for (int round = 0; round < 300; ++round) {
    const std::uint64_t ids = random() % 12 + 1;
    std::vector<SpanLink> spans(random() % 24 + 1);
    for (SpanLink& span : spans) span = {random() % ids + 1, random() % (ids + 3)};

    const auto arranged = Arrange(spans);

    Rows sorted = arranged.order;
    std::ranges::sort(sorted);
    for (std::uint32_t i = 0; i < sorted.size(); ++i) ASSERT_EQ(sorted[i], i);
    ASSERT_EQ(sorted.size(), spans.size());
    for (std::uint32_t row = 0; row < spans.size(); ++row) {
      const SpanLink& span = spans[arranged.order[row]];
      const std::uint32_t parent = arranged.parents[row];
      if (parent >= kAway) {
        EXPECT_EQ(parent == kNo, span.parent == 0);
      } else {
        EXPECT_EQ(spans[arranged.order[parent]].id, span.parent);
      }
    }
    ExpectSubtreesAreRanges(arranged.parents);
  }
}

TEST(DepthFirstOrder, AChainOfAMillionTakesNoStack) {
  constexpr std::uint32_t kCount = 1'000'000;
  std::vector<SpanLink> chain;
  // Upside down: each starts before its parent.
  for (std::uint32_t i = 0; i < kCount; ++i) chain.push_back({kCount - i, kCount - i - 1});

  const auto arranged = Arrange(chain);

  EXPECT_EQ(arranged.order.front(), kCount - 1);
  EXPECT_EQ(arranged.parents.back(), kCount - 2);
  // And a ring of them.
  chain.back().parent = kCount;
  EXPECT_EQ(Arrange(chain).order.front(), 0u);
}

}  // namespace
}  // namespace clew::storage
